import { describe, expect, it } from 'vitest'
import { openaiResponses } from '../../../../../src/dialects/openai/responses/response-codec.ts'
import type { ChatEvent, ChatReply } from '../../../../../src/provider/contract.ts'
import { openTruth } from '../../../../truth.ts'
import { facts, full, print } from './requests.ts'

const truth = openTruth('openai-openapi.json')

const reply: ChatReply = {
  id: 'reply-1',
  model: 'some-model',
  choices: [
    {
      content: [
        { type: 'reasoning', text: 'Hm', signature: 's', signedBy: 'anthropic' },
        { type: 'reasoning', text: '', encrypted: 'e', signedBy: 'anthropic' },
        { type: 'text', text: 'A cat' },
        { type: 'refusal', text: 'No' },
        { type: 'image', url: 'data:image/png;base64,AA==' },
        { type: 'audio', fileId: 'a', transcript: 'Miau' },
        {
          type: 'tool-call',
          id: 'call-2',
          name: 'look',
          arguments: '{}',
          signature: 't',
          signedBy: 'google',
        },
        { type: 'tool-call', id: 'call-3', name: 'query', arguments: 'x', custom: true },
        { type: 'opaque', vendor: 'another', kind: 'y', data: {} },
      ],
      finishReason: 'tool-calls',
    },
  ],
  usage: { inputTokens: 5, outputTokens: 3, cacheReadTokens: 2, reasoningTokens: 1 },
}

const at = (block: number) => ({ choice: 0, block }) as const
export const events: readonly ChatEvent[] = [
  { parts: [{ type: 'reasoning-delta', text: 'Hm', ...at(0) }] },
  { parts: [{ type: 'reasoning-delta', text: '', signature: 's', signedBy: 'anthropic', ...at(0) }] },
  { parts: [{ type: 'text-delta', text: 'A', ...at(1) }] },
  { parts: [{ type: 'text-delta', text: ' cat', ...at(1) }] },
  { parts: [{ type: 'refusal-delta', text: 'No', ...at(2) }] },
  { parts: [{ type: 'tool-call-delta', id: 'call-2', name: 'look', arguments: '', ...at(4) }] },
  {
    parts: [{ type: 'tool-call-delta', id: 'call-3', name: 'query', arguments: 's', custom: true, ...at(5) }],
  },
  { parts: [{ type: 'tool-call-delta', arguments: '{}', ...at(4) }] },
  { parts: [{ type: 'tool-call-delta', arguments: 'elect', custom: true, ...at(5) }] },
  { parts: [{ type: 'finish', choice: 0, finishReason: 'tool-calls' }] },
  { parts: [{ type: 'usage', usage: { inputTokens: 5, outputTokens: 3 } }] },
]

const eventsIn = (text: string): Record<string, unknown>[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .map((each) => JSON.parse(each.slice(each.indexOf('data: ') + 6)))

/** A message with a list of parts fits two entries of `oneOf` in the published document. So items are checked one by one. */
function bodyProblems({ input, ...body }: Record<string, unknown>): readonly string[] {
  const items = input as readonly Record<string, unknown>[]
  const of = ({ type }: Record<string, unknown>): string => (type === undefined ? 'EasyInputMessage' : 'Item')
  return [
    ...truth.problems('CreateResponse', { ...body, input: 'Hi' }, true),
    ...items.flatMap((item) => truth.problems(of(item), item, true)),
  ]
}

describe.skipIf(truth.missing !== undefined)("responses, written in OpenAI's format", () => {
  it.each([
    ['whole', { stream: false }],
    ['streamed', { stream: true }],
    ['with defaults', { defaults: { store: false, include: ['reasoning.encrypted_content'] } }],
  ])('are requests that OpenAI takes: %s', (_what, more) => {
    expect(bodyProblems(print(full, more))).toEqual([])
    expect(bodyProblems(print({ ...full, toolChoice: 'required' }, more))).toEqual([])
  })

  it('are replies that clients take', () => {
    for (const finishReason of ['stop', 'length', 'content-filter', 'other'] as const) {
      const [choice] = reply.choices
      const choices = [{ content: choice?.content ?? [], finishReason }]
      const body = JSON.parse(openaiResponses.printReply({ ...reply, choices }, facts))
      expect(truth.problems('Response', body, true)).toEqual([])
    }
  })

  it('are streams that clients take', () => {
    const writer = openaiResponses.writer(facts)
    const written = eventsIn(`${writer.write(events)}${writer.end()}`)
    for (const event of written)
      expect([event, truth.problems('ResponseStreamEvent', event, true)]).toEqual([event, []])
    expect(written.map((event) => event.sequence_number)).toEqual(written.map((_, index) => index))
    expect(written.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { status: 'completed', usage: { input_tokens: 5, output_tokens: 3, total_tokens: 8 } },
    })
  })

  it('fail this check when they are wrong', () => {
    expect(bodyProblems({ ...print(full), invented: 1 })).not.toEqual([])
    expect(bodyProblems({ ...print(full), temperature: 9 })).not.toEqual([])
    expect(
      truth.problems('ResponseStreamEvent', { type: 'response.created', sequence_number: 1 }, true),
    ).not.toEqual([])
  })
})
