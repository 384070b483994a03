import { describe, expect, it } from 'vitest'
import { geminiContent } from '../../../../src/dialects/gemini/chat-codec.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'

const place = { model: 'public', stream: false }
const printing = { stream: false, vendor: 'gcp.gemini' }
const text = `{ "contents": [
    {"parts" : [{"text":"A"}, {"text":"secret","x_unknown": 1e2}], "role":"user"},
    {"role":"model","parts":[{"functionCall":{"name":"look","args":{"id":12345678901234567890}},"thoughtSignature":"c2ln"}]},
    {"role":"user","parts":[{"functionResponse":{"name":"look","response":{"a":1.0}}},{"functionResponse":{"name":"look","response":{}}}]}
  ], "safety_settings": [], "cachedContent" : "c",
  "generation_config": {"max_output_tokens":9, "topK": 1e1, "thinkingConfig":{"thinkingBudget":5}} }`
const request = (): ChatRequest => geminiContent.parse(text, place).request
const print = (edited: ChatRequest): string => geminiContent.print(edited, printing)

describe('a request of the same dialect', () => {
  it('is sent to the byte, whatever the model is called', () => {
    expect(print(request())).toBe(text)
    expect(print({ ...request(), model: 'private' })).toBe(text)
  })

  it('loses a model in the body, because the path says it', () => {
    const call = geminiContent.parse('{"model": "public", "contents":{"parts":[{"text":"A"}]}}', place)
    expect(print(call.request)).toBe('{"contents":{"parts":[{"text":"A"}]}}')
  })

  it('keeps the text of all contents but the edited one', () => {
    const { messages } = request()
    const [first, ...others] = messages
    const redacted = { role: 'user' as const, content: [{ type: 'text' as const, text: 'A' }] }
    const written = print({ ...request(), messages: [redacted, ...others] })
    expect(first?.content).toHaveLength(2)
    expect(written).not.toContain('secret')
    expect(written).toContain('"args":{"id":12345678901234567890}')
    expect(written).toContain('"response":{"a":1.0}')
    expect(written).toContain('"cachedContent" : "c"')
    expect(JSON.parse(written).contents[0]).toEqual({ role: 'user', parts: [{ text: 'A' }] })
  })

  it('keeps contents that stand elsewhere, and writes all of an edited one without ids that nobody gave', () => {
    const given = request()
    const { messages } = given
    const added = { role: 'user' as const, content: [{ type: 'text' as const, text: 'B' }] }
    const kept = print({ ...given, messages: [added, ...messages] })
    const contents = text
      .slice(text.indexOf('{"parts" :'), text.indexOf('], "safety'))
      .trim()
      .split(/,\n\s*/)
    expect(contents).toHaveLength(3)
    for (const content of contents) expect(kept).toContain(content)
    const half = JSON.parse(print({ ...given, messages: messages.slice(0, 3) }))
    expect(half.contents).toHaveLength(3)
    expect(half.contents[2].parts).toEqual([{ functionResponse: { name: 'look', response: { a: 1 } } }])
  })

  it('gets a system instruction that was added, and none that was taken away', () => {
    const system = { role: 'system' as const, content: [{ type: 'text' as const, text: 'S' }] }
    const added = print({ ...request(), messages: [system, ...request().messages] })
    expect(JSON.parse(added).systemInstruction).toEqual({ parts: [{ text: 'S' }] })
    const both = '{"system_instruction":{"parts":[{"text":"S"}]},"contents":[{"parts":[{"text":"A"}]}]}'
    const read = geminiContent.parse(both, place).request
    expect(print({ ...read, messages: read.messages.slice(1) })).toBe(
      '{"contents":[{"parts":[{"text":"A"}]}]}',
    )
  })

  it('gets settings that were edited, under the names that stand there', () => {
    const written = print({ ...request(), maxOutputTokens: 3, topK: 20, stop: ['x'], toolChoice: 'none' })
    expect(written).toContain('"generation_config": {"max_output_tokens":3, "topK": 20, "thinkingConfig"')
    expect(JSON.parse(written)).toMatchObject({
      generation_config: { stopSequences: ['x'], thinkingConfig: { thinkingBudget: 5 } },
      toolConfig: { functionCallingConfig: { mode: 'NONE' } },
    })
    const { reasoningTokens: _, ...without } = request()
    expect(JSON.parse(print(without)).generation_config).not.toHaveProperty('thinkingConfig')
  })

  it('gets options, where neither the contract nor a limit says something else', () => {
    const options = {
      'gcp.gemini': {
        labels: { a: 'b' },
        contents: [],
        generation_config: { maxOutputTokens: 1000, audioTimestamp: true },
      },
      other: { labels: { a: 'c' } },
    }
    const body = JSON.parse(print({ ...request(), options }))
    expect(body).toMatchObject({
      labels: { a: 'b' },
      generation_config: { max_output_tokens: 9, audioTimestamp: true, topK: 10 },
    })
    expect(body.contents).toHaveLength(3)
  })
})
