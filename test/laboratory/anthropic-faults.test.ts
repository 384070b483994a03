import { faultChapter } from './fault-chapter.ts'
import { anthropicVendor } from './vendors.ts'

/** Every server of this format says how an answer ended. A stream without that looks cut, however the transport ended it. */
const cut = { alone: '200, cut: interrupted', withFallback: '200, cut: interrupted' }

faultChapter({ vendor: anthropicVendor, form: 'chat' })
faultChapter({ vendor: anthropicVendor, form: 'chat-stream', except: { 'ends-early': cut } })
