import {
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../../src/dialects/bedrock/converse-codec.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { ChatEvent, ChatEventPart, ChatReply, ChatRequest } from '../../../../src/provider/contract.ts'
import { converseRequests } from './arbitraries.ts'
import { framesIn } from './event-frames.ts'
import { type GivenAnswer, officialClient, type SentRequest } from './official-client.ts'

const facts = { id: 'r', model: 'm', createdMs: 0, includeUsage: true }
const eventStream = 'application/vnd.amazon.eventstream'
const failed = (): ModelspineError => new ModelspineError('unavailable', 'no')

/** JSON of what the client gave: bytes as base64, as they came. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_name, member: unknown) =>
      member instanceof Uint8Array ? Buffer.from(member).toString('base64') : member,
    ),
  )

async function streamed(bytes: Uint8Array): Promise<unknown[]> {
  const client = officialClient(() => ({ contentType: eventStream, body: bytes }))
  const events: ConverseStreamOutput[] = []
  const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'm', messages: [] }))
  for await (const event of stream ?? []) events.push(event)
  return events.map(plain)
}

const written = (events: readonly ChatEvent[]): Buffer => {
  const writer = bedrockConverse.writer(facts)
  return Buffer.from(writer.write(events) + writer.end(), 'latin1')
}

const texts = fc.string({ minLength: 1, unit: 'grapheme', maxLength: 8 })
const blocks = fc.nat(3)
const deltas: fc.Arbitrary<ChatEventPart> = fc.oneof(
  fc.tuple(texts, blocks).map(([text, block]) => ({ type: 'text-delta' as const, text, choice: 0, block })),
  fc
    .tuple(texts, blocks)
    .map(([text, block]) => ({ type: 'reasoning-delta' as const, text, choice: 0, block })),
  fc.tuple(texts, blocks).map(([text, block]) => ({
    type: 'tool-call-delta' as const,
    id: `c${block}`,
    name: 'look',
    arguments: text,
    choice: 0,
    block: block + 4,
  })),
  fc.constant({ type: 'reasoning-delta' as const, text: '', encrypted: 'AAEC', choice: 0, block: 9 }),
)

describe('AWS’s own client', () => {
  it('reads the streams that we write, and gives the same events as our reader', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deltas, { maxLength: 8 }), async (parts) => {
        const finish = { type: 'finish', choice: 0, finishReason: 'stop' } as const
        const usage = { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } } as const
        const bytes = written([...parts, finish, usage].map((part) => ({ parts: [part] })))
        const ours = framesIn(bytes.toString('latin1')).map(({ name, data }) => ({
          [name]: JSON.parse(data),
        }))
        expect(await streamed(bytes)).toEqual(ours)
        const reading = bedrockConverse.reader({ model: 'm', messages: [] }, failed)
        const read = framesIn(bytes.toString('latin1')).flatMap(
          ({ name, data }) => reading.read(name, data) ?? [],
        )
        const textOf = (each: readonly ChatEventPart[]): string =>
          each.flatMap((part) => (part.type === 'text-delta' ? [part.text] : [])).join('')
        expect(textOf(read.flatMap(({ parts }) => parts))).toBe(textOf(parts))
      }),
      { numRuns: 50 },
    )
  })

  it('reads the replies that we write', async () => {
    const reply: ChatReply = {
      id: 'x',
      model: 'y',
      choices: [
        {
          content: [
            { type: 'reasoning', text: 'Hm', signature: 's', signedBy: 'bedrock' },
            { type: 'reasoning', text: '', encrypted: 'AAEC', signedBy: 'bedrock' },
            { type: 'text', text: 'Grüße' },
            { type: 'tool-call', id: 'c', name: 'look', arguments: '{"at":1.5}' },
          ],
          finishReason: 'tool-calls',
        },
      ],
      usage: { inputTokens: 5, outputTokens: 2, cacheReadTokens: 1 },
    }
    const client = officialClient(() => ({ body: bedrockConverse.printReply(reply, facts) }))
    const { $metadata: _metadata, ...answer } = await client.send(new ConverseCommand({ modelId: 'm' }))
    expect(plain(answer)).toEqual({
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm', signature: 's' } } },
            { reasoningContent: { redactedContent: 'AAEC' } },
            { text: 'Grüße' },
            { toolUse: { toolUseId: 'c', name: 'look', input: { at: 1.5 } } },
          ],
        },
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 5, outputTokens: 2, totalTokens: 8, cacheReadInputTokens: 1 },
      metrics: { latencyMs: 0 },
    })
  })

  it('sends what we send, for the same request', async () => {
    await fc.assert(
      fc.asyncProperty(converseRequests, async (request: ChatRequest) => {
        const ours = JSON.parse(bedrockConverse.print(request, { stream: false, vendor: 'bedrock' }))
        let sent: SentRequest | undefined
        const client = officialClient((each): GivenAnswer => {
          sent = each
          return { body: '{}' }
        })
        await client.send(new ConverseCommand({ modelId: 'm', ...withBytes(ours) }))
        expect(sent?.path).toBe('/model/m/converse')
        expect(JSON.parse(sent?.body ?? '')).toEqual(ours)
        const read = bedrockConverse.parse(sent?.body ?? '', { model: request.model, stream: false })
        expect(read.request.messages).toEqual(request.messages)
      }),
      { numRuns: 30 },
    )
  })
})

/** The client takes bytes where JSON has base64. */
function withBytes(body: object): object {
  return JSON.parse(JSON.stringify(body), (name, value: unknown) =>
    name === 'bytes' || name === 'redactedContent'
      ? new Uint8Array(Buffer.from(String(value), 'base64'))
      : value,
  )
}
