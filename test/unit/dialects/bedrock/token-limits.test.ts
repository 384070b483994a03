import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../../src/dialects/bedrock/converse-codec.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'

const place = { model: 'm', stream: false }
const capped = (request: ChatRequest, cap: number): Record<string, unknown> =>
  JSON.parse(
    bedrockConverse.print(bedrockConverse.capTokens(request, cap, 'bedrock'), {
      stream: false,
      vendor: 'bedrock',
    }),
  )
const messages: ChatRequest['messages'] = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]
const native = (more: string): ChatRequest =>
  bedrockConverse.parse(`{"messages":[{"role":"user","content":[{"text":"Hi"}]}]${more}}`, place).request

describe('a cap of Converse', () => {
  it('is the limit where none was asked for, and lowers one that is higher', () => {
    expect(capped({ model: 'm', messages }, 5).inferenceConfig).toEqual({ maxTokens: 5 })
    expect(capped({ model: 'm', messages, maxOutputTokens: 3 }, 5).inferenceConfig).toEqual({ maxTokens: 3 })
    expect(capped(native(''), 5).inferenceConfig).toEqual({ maxTokens: 5 })
    expect(capped(native(',"inferenceConfig":{"maxTokens":9,"topP":1}'), 5).inferenceConfig).toEqual({
      maxTokens: 5,
      topP: 1,
    })
    expect(capped(native(',"inferenceConfig":{"maxTokens":3}'), 5).inferenceConfig).toEqual({ maxTokens: 3 })
  })

  it('covers what the model itself reads as a limit, at any depth, in the body and in the options', () => {
    const fields = {
      max_tokens: 9,
      textGenerationConfig: { maxTokenCount: 9 },
      list: [{ max_gen_len: '9' }],
      thinking: { type: 'enabled', budget_tokens: 2000 },
      low: { max_tokens: 2 },
    }
    const low = {
      max_tokens: 5,
      textGenerationConfig: { maxTokenCount: 5 },
      list: [{ max_gen_len: 5 }],
      thinking: { type: 'enabled', budget_tokens: 4 },
      low: { max_tokens: 2 },
    }
    const body = capped(native(`,"additionalModelRequestFields":${JSON.stringify(fields)}`), 5)
    expect(body.additionalModelRequestFields).toEqual(low)
    const options = { bedrock: { additionalModelRequestFields: fields, inferenceConfig: { maxTokens: 9 } } }
    expect(capped({ model: 'm', messages, options }, 5)).toMatchObject({
      additionalModelRequestFields: low,
      inferenceConfig: { maxTokens: 5 },
    })
    const claude = { model: 'anthropic.claude-x', messages, reasoningTokens: 9000 }
    expect(capped(claude, 5000).additionalModelRequestFields).toEqual({
      thinking: { type: 'enabled', budget_tokens: 4999 },
    })
  })

  it('is shared by answers that Converse does not show', () => {
    const body = capped(native(',"additionalModelRequestFields":{"num_generations":4}'), 20)
    expect(body.inferenceConfig).toEqual({ maxTokens: 5 })
    expect(() => capped(native(',"additionalModelRequestFields":{"num_generations":4}'), 3)).toThrow(
      expect.objectContaining({ code: 'policy-denied' }),
    )
  })

  it('covers the higher of two members with one name', () => {
    const text = bedrockConverse.print(
      bedrockConverse.capTokens(
        native(',"inferenceConfig":{"maxTokens":900},"inferenceConfig":{"maxTokens":3}'),
        5,
        'bedrock',
      ),
      { stream: false, vendor: 'bedrock' },
    )
    expect(text).not.toContain('900')
  })
})
