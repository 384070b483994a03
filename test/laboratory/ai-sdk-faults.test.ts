import { type FaultChapter, faultChapter } from './fault-chapter.ts'
import { aiSdkVendor } from './vendors.ts'

/** What lies with the HTTP client of the AI SDK's packages, and not with the provider over them. */
const fetched: FaultChapter['except'] = {
  // It does not send a request a second time when a connection that was kept is closed.
  'reset-when-used': {
    alone: '503 unavailable, retry',
    withFallback: '200, whole from the fallback',
    upstream: '1 call',
  },
  // It says only that it could not connect.
  'huge-headers': { alone: '503 unavailable, retry' },
}

const cutShort = '200, cut: malformed-reply'

faultChapter({ vendor: aiSdkVendor, form: 'chat', except: fetched })
faultChapter({ vendor: aiSdkVendor, form: 'embed', except: fetched })
faultChapter({
  vendor: aiSdkVendor,
  form: 'chat-stream',
  except: {
    ...fetched,
    // The half of an event at the end is an error, and not nothing.
    'ends-early': { alone: cutShort, withFallback: cutShort },
    // The SDK tells nothing of the pieces after the last text until the stream has ended.
    drip: {
      alone: '200, cut: timeout',
      withFallback: '200, cut: timeout',
      took: '17 s',
      upstream: '1 call, closed by the gateway',
    },
  },
})
