import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { faultChapter } from './fault-chapter.ts'
import { faultPage, faultPagePath } from './fault-page.ts'
import { openaiVendor, openInferenceVendor } from './vendors.ts'

faultChapter({ vendor: openaiVendor, form: 'chat' })
faultChapter({ vendor: openaiVendor, form: 'chat-stream' })
faultChapter({ vendor: openaiVendor, form: 'embed' })
faultChapter({ vendor: openInferenceVendor, form: 'infer' })

it('the page of faults is what `npm run faults` writes', () => {
  expect(readFileSync(faultPagePath, 'utf8')).toBe(faultPage())
})
