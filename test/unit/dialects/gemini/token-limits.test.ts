import { describe, expect, it } from 'vitest'
import { geminiContent } from '../../../../src/dialects/gemini/chat-codec.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'

const vendor = 'gcp.gemini'
const contents = '"contents":[{"parts":[{"text":"Hi"}]}]'
const capped = (text: string, cap: number, more: Partial<ChatRequest> = {}): string => {
  const { request } = geminiContent.parse(text, { model: 'm', stream: false })
  return geminiContent.print(geminiContent.capTokens({ ...request, ...more }, cap, vendor), {
    stream: false,
    vendor,
  })
}

describe('a cap', () => {
  it.each([
    [`{${contents}}`, `{${contents},"generationConfig":{"maxOutputTokens":10}}`],
    [
      `{${contents}, "generationConfig": {"maxOutputTokens": 9}}`,
      `{${contents}, "generationConfig": {"maxOutputTokens": 9}}`,
    ],
    [
      `{${contents}, "generationConfig": {"maxOutputTokens": 99}}`,
      `{${contents}, "generationConfig": {"maxOutputTokens": 10}}`,
    ],
    [
      `{${contents}, "generationConfig": {"maxOutputTokens": 0}}`,
      `{${contents}, "generationConfig": {"maxOutputTokens": 10}}`,
    ],
    [
      `{"generation_config":{"max_output_tokens":99,"maxOutputTokens":98},${contents}}`,
      `{"generation_config":{"max_output_tokens":10,"maxOutputTokens":10},${contents}}`,
    ],
    [
      `{"generationConfig":{"maxOutputTokens":99},${contents},"generationConfig":{"maxOutputTokens":5}}`,
      `{"generationConfig":{"maxOutputTokens":5},${contents},"generationConfig":{"maxOutputTokens":5}}`,
    ],
    [
      `{${contents},"generationConfig":{"candidateCount":4}}`,
      `{${contents},"generationConfig":{"candidateCount":4,"maxOutputTokens":2}}`,
    ],
  ])('of 10 makes of %s %s', (text, expected) => {
    expect(capped(text, 10)).toBe(expected)
  })

  it('lowers options, too', () => {
    const options = { [vendor]: { generationConfig: { maxOutputTokens: 99, candidateCount: 5 } } }
    const request: ChatRequest = { model: 'm', messages: [], options }
    expect(geminiContent.capTokens(request, 10, vendor)).toEqual({
      ...request,
      maxOutputTokens: 2,
      options: { [vendor]: { generationConfig: { maxOutputTokens: 2, candidateCount: 5 } } },
    })
    expect(JSON.parse(capped(`{${contents}}`, 10, { options }))).toMatchObject({
      generationConfig: { maxOutputTokens: 2, candidateCount: 5 },
    })
  })

  it('lowers options by either of their names', () => {
    const options = { [vendor]: { generation_config: { max_output_tokens: 99, candidate_count: 2 } } }
    expect(geminiContent.capTokens({ model: 'm', messages: [], options }, 10, vendor)).toEqual({
      model: 'm',
      messages: [],
      maxOutputTokens: 5,
      options: { [vendor]: { generation_config: { max_output_tokens: 5, candidate_count: 2 } } },
    })
  })

  it('is denied when it is too small for so many choices', () => {
    expect(() => capped(`{${contents},"generationConfig":{"candidateCount":4}}`, 3)).toThrow(
      expect.objectContaining({ code: 'policy-denied' }),
    )
  })
})
