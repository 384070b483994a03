import {
  anthropicMessages,
  bedrockConverse,
  Carriage,
  type ChatPart,
  type ChatReply,
  type ChatRequest,
  geminiContent,
  ListingCarriage,
  openaiResponses,
} from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'

const facts = { id: 'resp_1', model: 'm', createdMs: 0, includeUsage: true }
const usage = { inputTokens: 1, outputTokens: 1 }
const json = (text: string) => JSON.parse(text)

interface Served {
  /** The caller's next request, which gives back the answer that it got. */
  next(reply: ChatReply): ChatRequest
  print(request: ChatRequest, carriage: Carriage): string
}

/** Each format as a caller has it whose server is of another vendor in each turn. */
const formats: Readonly<Record<string, Served>> = {
  anthropic: {
    next: (reply) =>
      anthropicMessages.parse(
        JSON.stringify({
          model: 'm',
          max_tokens: 9,
          messages: [
            { role: 'user', content: 'Look' },
            { role: 'assistant', content: json(anthropicMessages.printReply(reply, facts)).content },
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'x' }] },
          ],
        }),
      ).request,
    print: (request, carriage) =>
      anthropicMessages.print(request, { stream: false, vendor: 'anthropic', carriage }),
  },
  google: {
    next: (reply) =>
      geminiContent.parse(
        JSON.stringify({
          contents: [
            { role: 'user', parts: [{ text: 'Look' }] },
            json(geminiContent.printReply(reply, facts)).candidates[0].content,
          ],
        }),
        { model: 'm', stream: false },
      ).request,
    print: (request, carriage) => geminiContent.print(request, { stream: false, vendor: 'google', carriage }),
  },
  bedrock: {
    next: (reply) =>
      bedrockConverse.parse(
        JSON.stringify({
          messages: [
            { role: 'user', content: [{ text: 'Look' }] },
            json(bedrockConverse.printReply(reply, facts)).output.message,
          ],
        }),
        { model: 'm', stream: false },
      ).request,
    print: (request, carriage) =>
      bedrockConverse.print(request, { stream: false, vendor: 'bedrock', carriage }),
  },
  openai: {
    next: (reply) =>
      openaiResponses.parse(
        JSON.stringify({
          model: 'm',
          input: [
            { role: 'user', content: 'Look' },
            ...json(openaiResponses.printReply(reply, facts)).output,
            { type: 'function_call_output', call_id: 'call_1', output: 'x' },
          ],
        }),
      ).request,
    print: (request, carriage) =>
      openaiResponses.print(request, { stream: false, vendor: 'openai', carriage }),
  },
}

const sealed = (signedBy: string): readonly ChatPart[] => [
  { type: 'reasoning', text: 'Hm', signature: 'U0lHTg==', signedBy },
  // Google encrypts no thoughts.
  ...(signedBy === 'google'
    ? []
    : [{ type: 'reasoning' as const, text: '', encrypted: 'U0VBTEVE', signedBy }]),
  { type: 'text', text: 'I look', signature: 'VEVYVA==', signedBy },
  { type: 'tool-call', id: 'call_1', name: 'look', arguments: '{"at":1}', signature: 'Q0FMTA==', signedBy },
]
const answer = (content: readonly ChatPart[]): ChatReply => ({
  id: 'r',
  model: 'm',
  choices: [{ content, finishReason: 'tool-calls' }],
  usage,
})

/** The vendors of seals that each server reads. */
const reads: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['anthropic', 'bedrock'],
  bedrock: ['anthropic', 'bedrock'],
  google: ['google'],
  openai: ['openai'],
}
/** The mark of a vendor, as text and in each of the ways that it stands in base64. */
const marks = /modelspine:|bW9kZWxzcGluZTp|1vZGVsc3BpbmU6|tb2RlbHNwaW5lO/
const pairs = Object.keys(formats).flatMap((format) =>
  Object.keys(formats).map((signer) => ({ format, signer })),
)

describe('a conversation in the format of the server that is asked', () => {
  it.each(pairs)(
    'gives $format no seal of $signer’s that it cannot read, and tells it',
    ({ format, signer }) => {
      const { next, print } = formats[format] as Served
      const request = next(answer(sealed(signer)))
      const carriage = new ListingCarriage(format)
      const text = print(request, carriage)
      const isRead = reads[format]?.includes(signer) === true
      expect(text).not.toMatch(marks)
      expect(text).toContain('look')
      expect(text).toContain('I look')
      expect(/U0lHTg|U0VBTEVE|VEVYVA|Q0FMTA/.test(text)).toBe(isRead)
      expect(carriage.approximated.length > 0).toBe(!isRead)
      expect(carriage.refused).toEqual([])
      const fields = carriage.approximated.map(({ field }) => field)
      for (const field of fields) expect(field).toMatch(/^messages\[1\]\.content\[\d\](\.signature)?$/)
    },
  )

  it.each(Object.keys(formats))(
    'leaves out a message that is nothing but thoughts of others, for %s',
    (format) => {
      const { next, print } = formats[format] as Served
      const other = format === 'google' ? 'openai' : 'google'
      const thought = { type: 'reasoning' as const, text: 'Hm', signature: 'U0lHTg==', signedBy: other }
      const text = print(next(answer([thought])), new ListingCarriage(format))
      expect(text).not.toMatch(/Hm|U0lHTg|assistant"|model","parts/)
    },
  )

  it.each(Object.keys(formats))('is not sent to %s where the route forbids that', (format) => {
    const { next, print } = formats[format] as Served
    const strict = new Carriage(format, { approximations: 'refuse', approximated: () => {} })
    expect(() => print(next(answer(sealed('cohere'))), strict)).toThrow(/the route forbids approximations/)
  })
})
