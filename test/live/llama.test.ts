import { type CallContext, openaiResponses, systemClock } from 'modelspine/adapter'
import { anthropic } from 'modelspine/adapters/anthropic'
import { openai } from 'modelspine/adapters/openai'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { createGateway, type Listening } from 'modelspine/gateway'
import { createRouter, staticRoutes } from 'modelspine/routing'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withServer } from './support/with-server.ts'

/** A token takes up to a second under load. */
const timeout = 240_000
const model = 'smollm2-135m'

const schema = {
  type: 'object',
  properties: { at: { type: 'integer', enum: [1, 2] } },
  required: ['at'],
  additionalProperties: false,
}
const look = { name: 'look', description: 'Looks at a place', parameters: schema }
const format = { name: 'place', schema, strict: true }

withServer('llama', ({ url }) => {
  const upstreams = {
    chat: openaiCompatible({ baseUrl: `${url}/v1`, quirks: 'llama.cpp', name: 'llama' }),
    messages: anthropic({ baseUrl: url, apiKey: { reveal: () => 'none' } }),
    responses: openai({ baseUrl: `${url}/v1`, apiKey: { reveal: () => 'none' }, api: 'responses' }),
  }
  let client: OpenAI
  let listening: Listening

  beforeAll(async () => {
    const timeouts = { request: '4m', attempt: '4m', firstOutput: '3m', idle: '2m' } as const
    const routes = Object.keys(upstreams).map((provider) => ({
      metadata: { name: provider },
      spec: { operations: ['chat' as const], backends: [{ provider, model }], timeouts },
    }))
    const table = staticRoutes({ routes, providers: upstreams })
    const gateway = createGateway({ router: createRouter({ table, clock: systemClock }) })
    listening = await gateway.listen({ port: 0 })
    client = new OpenAI({ apiKey: 'none', baseURL: `${listening.url}/v1`, maxRetries: 0, timeout })
  })
  afterAll(async () => {
    await listening.close({ drainMs: 0 })
    await Promise.all(Object.values(upstreams).map((provider) => provider.close()))
  })

  describe.each(['chat', 'messages', 'responses'] as const)(
    "a small model behind llama.cpp's %s",
    (route) => {
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

      it('takes tools, and goes on when the result of one comes back', { timeout }, async () => {
        const response = await client.responses.create({
          model: route,
          input: [
            { role: 'user', content: 'Look' },
            { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"at":1}' },
            { type: 'function_call_output', call_id: 'c1', output: 'a cat' },
          ],
          tools: [{ type: 'function', ...look, strict: false }],
          max_output_tokens: 4,
        })
        expect(response.usage?.input_tokens).toBeGreaterThan(0)
      })
    },
  )

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
    for await (const batch of upstreams.responses.chatStream(request, context)) written += writer.write(batch)
    written += writer.end()
    const events = written.split('\n\n').slice(0, -1)
    const bodies = events.map((each) => JSON.parse(each.slice(each.indexOf('data: ') + 6)))
    // The first two are passed on as they came, without a number.
    const numbers = bodies.slice(2).map((body) => body.sequence_number)
    expect(numbers).toEqual(numbers.map((_, index) => index + 2))
    expect(bodies.at(-1)).toMatchObject({ type: 'response.completed', response: { object: 'response' } })
  })
})
