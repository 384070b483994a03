import { describe, expect, it } from 'vitest'
import { anthropicMessages } from '../../../../src/dialects/anthropic/messages-codec.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const native = (more: object): ChatRequest =>
  anthropicMessages.parse(JSON.stringify({ model: 'm', max_tokens: 9000, messages, ...more })).request
const cappedBody = (request: ChatRequest, cap: number): Record<string, unknown> => {
  const capped = anthropicMessages.capTokens(request, cap, 'anthropic')
  return JSON.parse(anthropicMessages.print(capped, { stream: false, vendor: 'anthropic' }))
}

describe('a cap on tokens, in Anthropic’s format', () => {
  it('lowers the limit, and leaves a lower one', () => {
    expect(cappedBody(native({}), 100).max_tokens).toBe(100)
    expect(cappedBody(native({}), 10_000).max_tokens).toBe(9000)
    const { native: _native, maxOutputTokens: _limit, ...bare } = native({})
    expect(cappedBody(bare, 100).max_tokens).toBe(100)
  })

  it('lowers every member that a server may read, also where it stands twice', () => {
    const text = `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a"}],"max_tokens":7,"n_predict":-1,"max_completion_tokens":8}`
    const capped = anthropicMessages.capTokens(anthropicMessages.parse(text).request, 6, 'anthropic')
    expect(anthropicMessages.print(capped, { stream: false, vendor: 'anthropic' })).toBe(
      text
        .replace('"max_tokens":5', '"max_tokens":6')
        .replace('"max_tokens":7', '"max_tokens":6')
        .replace('-1', '6')
        .replace(':8', ':6'),
    )
  })

  it('lowers the options of the vendor', () => {
    const options = { anthropic: { max_tokens: 500, x: 1 }, openai: { max_tokens: 500 } }
    expect(anthropicMessages.capTokens({ ...native({}), options }, 100, 'anthropic').options).toEqual({
      anthropic: { max_tokens: 100, x: 1 },
      openai: { max_tokens: 500 },
    })
  })

  it('lowers a budget to think with, or thinks no more', () => {
    const thinking = { type: 'enabled', budget_tokens: 8000 }
    expect(cappedBody(native({ thinking }), 8500).thinking).toEqual(thinking)
    expect(cappedBody(native({ thinking }), 2000)).toMatchObject({
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 1999 },
    })
    expect(cappedBody(native({ thinking }), 500)).toMatchObject({
      max_tokens: 500,
      thinking: { type: 'disabled' },
    })
  })

  it('lowers a budget in the options, too, and keeps a limit in them that is lower', () => {
    const { native: _, maxOutputTokens: __, ...bare } = native({})
    const thinking = { type: 'enabled', budget_tokens: 8000, display: 'omitted' }
    const within = (cap: number, more: object = {}): Record<string, unknown> =>
      cappedBody({ ...bare, options: { anthropic: { thinking, ...more } } }, cap)
    expect(within(9000)).toMatchObject({ max_tokens: 9000, thinking })
    expect(within(2000)).toMatchObject({ max_tokens: 2000, thinking: { ...thinking, budget_tokens: 1999 } })
    expect(within(1024)).toMatchObject({ max_tokens: 1024, thinking: { type: 'disabled' } })
    expect(within(9000, { max_tokens: 8500 })).toMatchObject({ max_tokens: 8500, thinking })
  })

  it('is refused where it leaves no token', () => {
    expect(() => anthropicMessages.capTokens({ ...native({}), choices: 3 }, 2, 'anthropic')).toThrow(
      /too few for 3 choices/,
    )
  })

  it('divides the cap among the answers that servers which also take OpenAI’s format would give', () => {
    const options = { anthropic: { n: 5 } }
    const { messages } = native({})
    const plain = { model: 'm', messages, options }
    const body = JSON.parse(
      anthropicMessages.print(anthropicMessages.capTokens(plain, 10, 'anthropic'), {
        stream: false,
        vendor: 'anthropic',
      }),
    )
    expect(body).toMatchObject({ n: 5, max_tokens: 2 })
    const text = anthropicMessages.capTokens(native({ n: 4, max_tokens: 9 }), 8, 'anthropic')
    expect(JSON.parse(anthropicMessages.print(text, { stream: false, vendor: 'anthropic' }))).toMatchObject({
      n: 4,
      max_tokens: 2,
    })
  })
})
