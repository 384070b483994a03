import { describe, expect, it } from 'vitest'
import { openaiChat } from '../../../src/dialects/openai/chat-codec.ts'
import type { ChatEvent, ChatRequest } from '../../../src/provider/contract.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import { modelProviderConformance } from '../../../src/testing/index.ts'
import { memoryCall, scriptedMemory } from './scripted-memory.ts'

modelProviderConformance({
  name: 'memoryProvider',
  describe,
  it,
  create: () => ({ subject: { ...scriptedMemory(), nativeCall: memoryCall } }),
})

const partsOf = (batch: readonly ChatEvent[]): readonly unknown[] => batch.flatMap(({ parts }) => parts)
async function firstOf(stream: AsyncIterable<unknown> | undefined): Promise<unknown> {
  for await (const batch of stream ?? []) return batch
  return undefined
}

const context = { requestId: 'r1', abortSignal: new AbortController().signal }
const request = { model: 'm', messages: [] }

describe('memoryProvider', () => {
  it('has exactly the operations for which it has scripts', () => {
    const provider = memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) })
    expect(provider.capabilities).toEqual({ operations: ['infer'], streaming: false, dialects: [] })
    expect(provider.chat).toBeUndefined()
  })

  it('makes a reply from a text, and streams the text word by word', async () => {
    const provider = memoryProvider({ chat: () => 'Hello  there, you' })
    expect(await provider.chat?.(request, context)).toMatchObject({
      choices: [{ content: [{ type: 'text', text: 'Hello  there, you' }], finishReason: 'stop' }],
      usage: {},
    })
    const parts: unknown[] = []
    for await (const batch of provider.chatStream?.(request, context) ?? []) parts.push(...partsOf(batch))
    expect(parts).toEqual([
      { type: 'text-delta', text: 'Hello  ', choice: 0, block: 0 },
      { type: 'text-delta', text: 'there, ', choice: 0, block: 0 },
      { type: 'text-delta', text: 'you', choice: 0, block: 0 },
      { type: 'finish', choice: 0, finishReason: 'stop' },
      { type: 'usage', usage: {} },
    ])
  })

  it('carries what only the form of the caller says if it has that dialect, and else as a vendor does', async () => {
    const seen: unknown[] = []
    const scripts = {
      chat: ({ unread }: ChatRequest) => {
        seen.push(unread)
        return 'Hi'
      },
      embed: () => ({ model: 'm', embeddings: [[1]], usage: {} }),
    }
    const provider = memoryProvider(scripts)
    const asked = openaiChat.parse(
      JSON.stringify({
        model: 'm',
        messages: [{ role: 'user', content: 'Hi' }],
        logit_bias: { 1: 2 },
        metadata: { a: 'b' },
      }),
    ).request
    const hinted = { ...request, unread: [{ field: 'metadata', hint: true as const }] }
    const told: unknown[] = []
    const approximated = (field: string, what: string) => told.push([field, what])
    const allowing = { ...context, translation: { approximations: 'allow' as const, approximated } }
    const refusing = { ...context, translation: { approximations: 'refuse' as const, approximated } }
    const refusal = (field: string) => ({ code: 'unsupported', details: { field } })
    await expect(provider.chat?.(asked, allowing)).rejects.toMatchObject(refusal('logit_bias'))
    await expect(firstOf(provider.chatStream?.(asked, allowing))).rejects.toMatchObject(refusal('logit_bias'))
    await expect(
      provider.embed?.({ model: 'm', input: ['a'], unread: [{ field: 'x' }] }, allowing),
    ).rejects.toMatchObject(refusal('x'))
    await expect(provider.chat?.(hinted, refusing)).rejects.toMatchObject(refusal('metadata'))
    expect([told, seen]).toEqual([[], []])
    await provider.chat?.(hinted, allowing)
    expect(told).toEqual([['metadata', 'left out']])
    await memoryProvider({ ...scripts, dialects: [openaiChat.dialect] }).chat?.(asked, refusing)
    expect(seen).toEqual([hinted.unread, asked.unread])
  })

  it('streams every kind of part, each in a block of its own', async () => {
    const call = { id: 'c', name: 'f', arguments: '{}' }
    const provider = memoryProvider({
      chat: () => ({
        id: 'r',
        model: 'm',
        choices: [
          {
            content: [
              { type: 'reasoning', text: 'hm', signature: 's' },
              { type: 'tool-call', ...call },
              { type: 'refusal', text: 'no' },
            ],
            finishReason: 'tool-calls',
          },
          { content: [{ type: 'text', text: 'b' }], finishReason: 'stop' },
        ],
        usage: {},
      }),
    })
    const parts: unknown[] = []
    for await (const batch of provider.chatStream?.(request, context) ?? []) parts.push(...partsOf(batch))
    expect(parts).toEqual([
      { type: 'reasoning-delta', text: 'hm', signature: 's', choice: 0, block: 0 },
      { type: 'tool-call-delta', ...call, choice: 0, block: 1 },
      { type: 'refusal-delta', text: 'no', choice: 0, block: 2 },
      { type: 'finish', choice: 0, finishReason: 'tool-calls' },
      { type: 'text-delta', text: 'b', choice: 1, block: 0 },
      { type: 'finish', choice: 1, finishReason: 'stop' },
      { type: 'usage', usage: {} },
    ])
  })

  it('throws unavailable when a script throws another error', async () => {
    const provider = memoryProvider({
      chat: () => {
        throw new TypeError('no such thing')
      },
    })
    await expect(provider.chat?.(request, context)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the script failed: no such thing',
    })
  })
})
