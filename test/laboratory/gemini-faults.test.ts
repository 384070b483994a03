import { faultChapter } from './fault-chapter.ts'
import { geminiVendor, vertexGeminiVendor } from './vendors.ts'

/** Google marks no end, so a stream is finished when it said why. Everything else looks cut. */
const cut = { alone: '200, cut: interrupted', withFallback: '200, cut: interrupted' }
/** Google refuses a prompt in an answer with status 200, which only chats have. */
const unknown = { alone: '502 malformed-reply, retry', withFallback: '200, whole from the fallback' }

for (const vendor of [geminiVendor, vertexGeminiVendor]) {
  faultChapter({ vendor, form: 'chat' })
  faultChapter({ vendor, form: 'chat-stream', except: { 'ends-early': cut } })
  faultChapter({ vendor, form: 'embed', except: { 'content-filter': unknown } })
}
