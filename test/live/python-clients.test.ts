import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { openClientWorld } from '../clients/client-world.ts'
import { image, replySchema, toolSchema } from '../clients/real-client.ts'
import { prompts, saidJson, saidText, scriptedVendors, toolCall, usage } from '../clients/scripted-vendors.ts'
import { answeredVector } from '../laboratory/words.ts'
import { pythonClientList } from './python-clients/client-list.ts'
import { withServer } from './support/with-server.ts'

withServer('python-clients', ({ python }) => {
  const title = 'OpenAI’s, Anthropic’s and LangChain’s clients for Python get the same from each vendor'
  // Some four hundred calls of clients that need half a minute of CPU.
  it(title, { timeout: 300_000 }, async () => {
    const world = await openClientWorld()
    try {
      const models = Object.fromEntries(scriptedVendors.map(({ name, embeds }) => [name, embeds]))
      const asked = JSON.stringify({ models, prompts, image, toolSchema, replySchema })
      const script = join(import.meta.dirname, 'python-clients/through_gateway.py')
      const { stdout } = await promisify(execFile)(python, [script, world.url, asked], { timeout: 280_000 })
      const text = { text: saidText, calls: [], ...usage }
      const tool = { text: '', calls: [[toolCall.name, toolCall.arguments]], ...usage }
      const failed = (status: number, retryAfter: string | null = null): readonly object[] => [
        { status, retryAfter },
        { status, retryAfter },
      ]
      const seenOf = (embeds: boolean): object => ({
        chat: text,
        stream: text,
        tool,
        toolStream: tool,
        image: text,
        schema: { ...text, text: saidJson },
        ...(embeds && { vector: answeredVector }),
        'rate-limited': failed(429, '7'),
        'not-found': failed(404),
        'context-length': failed(400),
      })
      const expected = pythonClientList.map((client) => [
        client.name,
        Object.fromEntries(
          scriptedVendors.map(({ name, embeds }) => [name, seenOf(embeds && client.embeds)]),
        ),
      ])
      expect(JSON.parse(stdout)).toEqual(Object.fromEntries(expected))
      for (const [name, server] of world.servers) {
        // Each client has left one stream, and has shown one image.
        await server.whenLeft(pythonClientList.length)
        const bodies = server.seen.map(({ body }) => body.toString())
        expect([name, bodies.filter((body) => body.includes(image)).length]).toEqual([
          name,
          pythonClientList.length,
        ])
      }
    } finally {
      await world.close()
    }
  })
})
