import { faultChapter } from './fault-chapter.ts'
import { azureVendor, openaiResponsesVendor } from './vendors.ts'

faultChapter({ vendor: openaiResponsesVendor, form: 'chat' })
faultChapter({ vendor: openaiResponsesVendor, form: 'chat-stream' })
faultChapter({ vendor: azureVendor, form: 'chat' })
faultChapter({ vendor: azureVendor, form: 'chat-stream' })
faultChapter({ vendor: azureVendor, form: 'embed' })
