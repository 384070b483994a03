import { describe, expect, it } from 'vitest'
import { openaiChat } from '../../../../src/dialects/openai/chat-codec.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'

const messages = [{ role: 'user', content: 'Hi' }]

/** What reaches a server that names the limit so, when the policy allows 50 tokens. */
function sent(
  fields: object,
  options: Readonly<Record<string, unknown>> | undefined,
  maxTokensField: 'max_completion_tokens' | 'max_tokens' = 'max_completion_tokens',
): Record<string, unknown> {
  const { request } = openaiChat.parse(JSON.stringify({ model: 'm', messages, ...fields }))
  const asked: ChatRequest = options === undefined ? request : { ...request, options: { openai: options } }
  const printing = { stream: false, vendor: 'openai', maxTokensField }
  const {
    model: _,
    messages: __,
    ...rest
  } = JSON.parse(openaiChat.print(openaiChat.capTokens(asked, 50, 'openai'), printing))
  return rest
}

describe('a cap on the tokens of a request in this dialect', () => {
  it.each<[object, object]>([
    [{}, { max_completion_tokens: 50 }],
    [{ custom: 1 }, { custom: 1, max_completion_tokens: 50 }],
    [{ max_tokens: 70 }, { max_tokens: 50 }],
    [{ max_tokens: 7 }, { max_tokens: 7 }],
    [
      { max_completion_tokens: 7, max_tokens: 900 },
      { max_completion_tokens: 7, max_tokens: 7 },
    ],
    [
      { max_completion_tokens: 70, max_tokens: null },
      { max_completion_tokens: 50, max_tokens: null },
    ],
    [{ n_predict: 100_000 }, { n_predict: 50, max_completion_tokens: 50 }],
    [
      { n_predict: -1, max_tokens: 10 },
      { n_predict: 10, max_tokens: 10 },
    ],
    [{ max_new_tokens: '900' }, { max_new_tokens: 50, max_completion_tokens: 50 }],
    [{ n: 4 }, { n: 4, max_completion_tokens: 12 }],
    [
      { n: 2, best_of: 5, max_tokens: 40 },
      { n: 2, best_of: 5, max_tokens: 10 },
    ],
    [{ best_of: '5' }, { best_of: '5', max_completion_tokens: 10 }],
  ])('makes of %j %j', (fields, expected) => {
    expect(sent(fields, undefined)).toEqual(expected)
  })

  it.each<[object, object]>([
    [{ max_completion_tokens: 100_000 }, { max_tokens: 50 }],
    [{ n_predict: 100_000 }, { max_tokens: 50, n_predict: 50 }],
    [{ n: 5 }, { max_tokens: 10, n: 5 }],
  ])('holds for the options %j', (options, expected) => {
    expect(sent({}, options as Record<string, unknown>, 'max_tokens')).toEqual(expected)
  })

  it('covers a field that stands twice, and one whose name is written with escapes', () => {
    const text =
      '{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":100,"max\\u005ftokens":900}'
    const capped = openaiChat.capTokens(openaiChat.parse(text).request, 50, 'openai')
    const printing = { stream: false, vendor: 'openai', maxTokensField: 'max_tokens' } as const
    expect(openaiChat.print(capped, printing)).toBe(text.replace('100', '50').replace('900', '50'))
  })

  it('counts the higher of two numbers of choices', () => {
    const text = '{"model":"m","messages":[{"role":"user","content":"Hi"}],"n":5,"n":1}'
    expect(openaiChat.capTokens(openaiChat.parse(text).request, 50, 'openai').maxOutputTokens).toBe(10)
  })

  it('is refused when it is too small for so many choices', () => {
    expect(() => sent({ n: 51 }, undefined)).toThrow(expect.objectContaining({ code: 'policy-denied' }))
    expect(() => sent({}, { best_of: 51 })).toThrow(expect.objectContaining({ code: 'policy-denied' }))
  })

  it('leaves the caller’s request as it was', () => {
    const text = JSON.stringify({ model: 'm', messages, max_tokens: 900 })
    const { request } = openaiChat.parse(text)
    openaiChat.capTokens(request, 50, 'openai')
    const printing = { stream: false, vendor: 'openai', maxTokensField: 'max_tokens' } as const
    expect(openaiChat.print(request, printing)).toBe(text)
  })
})
