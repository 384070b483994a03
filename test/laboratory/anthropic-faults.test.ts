import { faultChapter } from './fault-chapter.ts'
import { anthropicVendor } from './vendors.ts'

faultChapter({ vendor: anthropicVendor, form: 'chat' })
faultChapter({ vendor: anthropicVendor, form: 'chat-stream' })
