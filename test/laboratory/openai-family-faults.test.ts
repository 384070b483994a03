import { faultChapter } from './fault-chapter.ts'
import { azureVendor, openaiResponsesVendor } from './vendors.ts'

const cut = { alone: '200, cut: interrupted', withFallback: '200, cut: interrupted' }

faultChapter({ vendor: openaiResponsesVendor, form: 'chat' })
// A stream of responses says how it ends. One that does not was cut, whatever its transport says.
faultChapter({ vendor: openaiResponsesVendor, form: 'chat-stream', except: { 'ends-early': cut } })
faultChapter({ vendor: azureVendor, form: 'chat' })
faultChapter({ vendor: azureVendor, form: 'chat-stream' })
faultChapter({ vendor: azureVendor, form: 'embed' })
