import { type CallContext, openaiResponses } from 'modelspine/adapter'
import type { Listening } from 'modelspine/gateway'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { llamaGateway, model, routes, timeout } from './llama/gateway.ts'
import { withServer } from './support/with-server.ts'

const schema = {
  type: 'object',
  properties: { at: { type: 'integer', enum: [1, 2] } },
  required: ['at'],
  additionalProperties: false,
}
const format = { name: 'place', schema, strict: true }

withServer('llama', ({ url }) => {
  const gateway = llamaGateway(url)
  let client: OpenAI
  let listening: Listening

  beforeAll(async () => {
    listening = await gateway.listen()
    client = new OpenAI({ apiKey: 'none', baseURL: `${listening.url}/v1`, maxRetries: 0, timeout })
  })
  afterAll(async () => {
    await listening.close({ drainMs: 0 })
    await gateway.close()
  })

  describe.each(routes)("a small model behind llama.cpp's %s", (route) => {
    it('answers callers of chat completions, whole and in pieces', { timeout }, async () => {
      const asked = { model: route, messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 4 }
      const whole = await client.chat.completions.create(asked)
      expect(whole.choices[0]?.message.content).toEqual(expect.any(String))
      expect(whole.usage?.completion_tokens).toBeGreaterThan(0)
      const usage = { stream: true, stream_options: { include_usage: true } } as const
      let text = ''
      let tokens = 0
      for await (const chunk of await client.chat.completions.create({ ...asked, ...usage })) {
        text += chunk.choices[0]?.delta.content ?? ''
        tokens = chunk.usage?.completion_tokens ?? tokens
      }
      expect([text.length > 0, tokens > 0]).toEqual([true, true])
    })

    it('answers callers of responses, whole and in pieces', { timeout }, async () => {
      const asked = { model: route, instructions: 'Be brief', input: 'Hi', max_output_tokens: 4 }
      const whole = await client.responses.create(asked)
      expect(whole.output_text.length).toBeGreaterThan(0)
      expect(whole.usage?.output_tokens).toBeGreaterThan(0)
      const stream = client.responses.stream(asked)
      const types: string[] = []
      for await (const { type } of stream) types.push(type)
      expect(types).toContain('response.output_text.delta')
      expect(types.at(-1)).toMatch(/^response\.(completed|incomplete)$/)
      expect((await stream.finalResponse()).output_text.length).toBeGreaterThan(0)
    })
  })

  it('answers in JSON that matches a schema, to callers of both formats', { timeout }, async () => {
    const content = 'Where is it? Answer in JSON.'
    const text = { format: { type: 'json_schema' as const, ...format } }
    const asked = { model: 'chat', temperature: 0 }
    const parsed = await client.responses.parse({ ...asked, input: content, max_output_tokens: 40, text })
    expect([1, 2]).toContain((parsed.output_parsed as { readonly at: number } | null)?.at)
    const reply = await client.chat.completions.create({
      ...asked,
      messages: [{ role: 'user', content }],
      max_tokens: 40,
      response_format: { type: 'json_schema', json_schema: format },
    })
    expect([1, 2]).toContain(JSON.parse(reply.choices[0]?.message.content ?? '').at)
  })

  it("reads llama.cpp's own responses, and numbers their items for others", { timeout }, async () => {
    const context: CallContext = { requestId: 'r1', abortSignal: AbortSignal.timeout(timeout) }
    const { request } = openaiResponses.parse(JSON.stringify({ model, input: 'Hi', max_output_tokens: 4 }))
    const writer = openaiResponses.writer({ id: 'r', model, createdMs: 0, includeUsage: true })
    let written = ''
    for await (const batch of gateway.upstreams.responses.chatStream(request, context))
      written += writer.write(batch)
    written += writer.end()
    const events = written.split('\n\n').slice(0, -1)
    const bodies = events.map((each) => JSON.parse(each.slice(each.indexOf('data: ') + 6)))
    // The first two are passed on as they came, without a number.
    const numbers = bodies.slice(2).map((body) => body.sequence_number)
    expect(numbers).toEqual(numbers.map((_, index) => index + 2))
    expect(bodies.at(-1)).toMatchObject({ type: 'response.completed', response: { object: 'response' } })
  })
})
