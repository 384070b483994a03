import { type CallContext, type ChatEvent, nativeBody, secretOf } from 'modelspine/adapter'
import { bedrock } from 'modelspine/adapters/bedrock'
import { describe, expect, it } from 'vitest'
import { withServer } from '../support/with-server.ts'

const context: CallContext = { requestId: 'r-1', abortSignal: AbortSignal.timeout(30_000) }
const chat = {
  model: 'anthropic.claude-3-5-sonnet-20240620-v1:0',
  messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Say hello' }] }],
  maxOutputTokens: 50,
}

withServer('ministack', ({ url: endpoint }) => {
  const provider = () =>
    bedrock({
      region: 'us-east-1',
      endpoint,
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: secretOf('a-secret-key') },
    })

  describe('Bedrock on ministack', () => {
    it('answers a chat, and streams one in events that AWS frames', async () => {
      const made = provider()
      const reply = await made.chat(chat, context)
      const [choice] = reply.choices
      expect(choice?.finishReason).toBe('stop')
      expect(choice?.content[0]).toMatchObject({ type: 'text', text: expect.stringMatching(/\S/) })
      expect(reply.usage.outputTokens).toBeGreaterThan(0)
      const events: ChatEvent[] = []
      for await (const batch of made.chatStream(chat, context)) events.push(...batch)
      const names = events.map((event) => Object.keys(nativeBody(event, 'bedrock-converse') ?? {})[0])
      expect(new Set(names)).toEqual(
        new Set(['messageStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop', 'metadata']),
      )
      const parts = events.flatMap((event) => event.parts)
      const text = parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')
      expect(text).toMatch(/\S/)
      expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(1)
      expect(parts.at(-1)?.type).toBe('usage')
      await made.close()
    })

    it('answers a body that the model knows, whole and in pieces', async () => {
      const made = provider()
      const bytes = Buffer.from('{"anthropic_version":"bedrock-2023-05-31","max_tokens":5,"messages":[]}')
      const body = { model: chat.model, kind: 'bytes', contentType: 'application/json', bytes } as const
      const whole = await made.infer(body, context)
      expect(whole.kind === 'bytes' && JSON.parse(Buffer.from(whole.bytes).toString())).toBeTypeOf('object')
      const pieces: unknown[] = []
      const { chunks } = await made.inferStream(body, context)
      for await (const chunk of chunks) pieces.push(JSON.parse(Buffer.from(chunk).toString()))
      expect(pieces.length).toBeGreaterThan(0)
      await made.close()
    })
  })
})
