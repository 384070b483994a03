import { describe, expect, it } from 'vitest'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import { modelProviderConformance } from '../../../src/testing/index.ts'
import { scriptedMemory } from './scripted-memory.ts'

modelProviderConformance({
  name: 'memoryProvider',
  describe,
  it,
  create: () => ({
    subject: {
      ...scriptedMemory(),
      nativeBody: () => ({ model: 'public-name', messages: [{ role: 'user', content: 'Hi' }] }),
    },
  }),
})

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
      content: [{ type: 'text', text: 'Hello  there, you' }],
      finishReason: 'stop',
      usage: {},
    })
    const events: unknown[] = []
    for await (const event of provider.chatStream?.(request, context) ?? []) events.push(event)
    expect(events).toEqual([
      { type: 'text-delta', text: 'Hello  ' },
      { type: 'text-delta', text: 'there, ' },
      { type: 'text-delta', text: 'you' },
      { type: 'finish', finishReason: 'stop' },
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
