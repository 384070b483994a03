import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { secretOf } from 'modelspine/adapter'
import { afterEach, describe, expect, it } from 'vitest'
import { anthropic } from '../../../../adapters/anthropic/index.ts'
import { gemini } from '../../../../adapters/gemini/index.ts'
import { openaiCompatible } from '../../../../adapters/openai-compatible/index.ts'
import { apiKeys, type GatewayOptions } from '../../../../src/gateway/index.ts'
import { defineRoute } from '../../../../src/resources/index.ts'
import {
  begun,
  ended,
  event,
  messageOf,
  said,
  stopped,
} from '../../../adapters/anthropic/scripted-anthropic.ts'
import { chunk } from '../../../adapters/openai-compatible/scripted-openai.ts'
import { type GatewayWorld, gatewayWorld, type Upstream, upstream } from '../gateway-world.ts'

let clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear.reverse()) await end()
  clear = []
})

interface World extends GatewayWorld {
  readonly vendor: Upstream
  readonly client: Anthropic
}

type Answer = (response: ServerResponse, body: Record<string, unknown>) => void

const json =
  (body: object, status = 200, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))

const stream =
  (...pieces: readonly string[]): Answer =>
  (response) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(pieces.join(''))

const speaking = {
  anthropic: (url: string) => anthropic({ baseUrl: url, connections: 4 }),
  openai: (url: string) => openaiCompatible({ baseUrl: `${url}/v1` }),
  gemini: (url: string) => gemini({ baseUrl: `${url}/v1beta`, apiKey: secretOf('k') }),
}

/** A gateway with the route `claude`, whose upstream speaks Anthropic's format, or another vendor's. */
async function world(
  answer: Answer,
  speaks: keyof typeof speaking = 'anthropic',
  options: Partial<GatewayOptions> = {},
): Promise<World> {
  const vendor = await upstream((body, response) => answer(response, JSON.parse(body.toString())))
  const provider = speaking[speaks](vendor.url)
  const operations = ['chat', 'chat.count-tokens'] as const
  const backends = [{ provider: 'vendor', model: 'real' }]
  const routes = [
    defineRoute({ metadata: { name: 'claude' }, spec: { operations, backends } }),
    defineRoute({ metadata: { name: 'numbers' }, spec: { operations: ['embed'], backends } }),
  ]
  const made = await gatewayWorld({ routes, providers: { vendor: provider } }, options)
  clear.push(vendor.close, () => provider.close(), made.close)
  const client = new Anthropic({ apiKey: 'caller-key', baseURL: made.listening.url, maxRetries: 0 })
  return { ...made, vendor, client }
}

const asked = {
  model: 'claude',
  max_tokens: 10,
  messages: [{ role: 'user' as const, content: 'Hi' }],
}

describe('Anthropic’s client at the gateway', () => {
  it('gets what the vendor said, to the byte, and the vendor gets what it wrote', async () => {
    const answer = { ...messageOf('real'), x_unknown: [1] }
    const { client, vendor, ways } = await world(json(answer))
    const message = await client.beta.messages.create({ ...asked, betas: ['context-management-2025-06-27'] })
    expect(message).toMatchObject({ id: 'msg_1', model: 'real', stop_reason: 'end_turn', x_unknown: [1] })
    expect(vendor.seen[0]?.headers).toMatchObject({ 'anthropic-beta': 'context-management-2025-06-27' })
    expect(vendor.seen[0]?.body.toString()).toBe(JSON.stringify({ ...asked, model: 'real' }))
    for (const { ask } of ways) {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(asked),
      }
      const response = await ask('/v1/messages', init)
      expect(await response.text()).toBe(JSON.stringify(answer))
      expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'))
    }
  })

  it('gets a stream that the vendor wrote, to the byte', async () => {
    const pieces = [begun(), said('Hel'), said('lo'), ended, stopped]
    const { client, ways } = await world(stream(...pieces))
    expect((await client.messages.stream(asked).finalMessage()).content).toMatchObject([
      { type: 'text', text: 'Hello' },
    ])
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...asked, stream: true }),
    }
    for (const { ask } of ways) expect(await (await ask('/v1/messages', init)).text()).toBe(pieces.join(''))
  })

  it('calls tools of a model that speaks OpenAI’s format, whole and in pieces', async () => {
    const call = { id: 'call-1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }
    const message = { role: 'assistant', content: 'I look', tool_calls: [call] }
    const usage = { prompt_tokens: 5, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } }
    const { client, vendor } = await world((response, body) => {
      if (body.stream !== true) {
        const choices = [{ index: 0, message, finish_reason: 'tool_calls' }]
        json({ id: 'chat-1', model: 'real', choices, usage })(response, body)
        return
      }
      const piece = (text: string, more: object = {}): object => ({
        tool_calls: [{ index: 0, ...more, function: { ...more, arguments: text } }],
      })
      stream(
        chunk({ role: 'assistant', content: 'I look' }),
        chunk(piece('{"at"', { id: 'call-1', type: 'function', name: 'look' })),
        chunk(piece(':1}'), {}, 'tool_calls'),
        `data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`,
      )(response, body)
    }, 'openai')
    const tools = [{ name: 'look', input_schema: { type: 'object' as const } }]
    const whole = await client.messages.create({ ...asked, tools, system: 'Be kind' })
    const streamed = await client.messages.stream({ ...asked, tools, system: 'Be kind' }).finalMessage()
    for (const answer of [whole, streamed]) {
      expect(answer).toMatchObject({
        content: [
          { type: 'text', text: 'I look' },
          { type: 'tool_use', id: 'call-1', name: 'look', input: { at: 1 } },
        ],
        stop_reason: 'tool_use',
        usage: { input_tokens: 3, output_tokens: 3, cache_read_input_tokens: 2 },
      })
    }
    expect(JSON.parse(vendor.seen[0]?.body.toString() ?? '')).toMatchObject({
      model: 'real',
      messages: [
        { role: 'system', content: 'Be kind' },
        { role: 'user', content: 'Hi' },
      ],
      tools: [{ type: 'function', function: { name: 'look' } }],
    })
  })

  it.each([false, true])(
    'runs its loop of tools over a model of OpenAI’s format, streamed: %s',
    async (streamed) => {
      const { client, vendor } = await world((response, body) => {
        const messages = body.messages as readonly { readonly role: string }[]
        const isAnswered = messages.some(({ role }) => role === 'tool')
        const call = {
          id: 'call-1',
          type: 'function',
          function: { name: 'look', arguments: '{"at":"home"}' },
        }
        const delta = isAnswered ? { content: 'A cat' } : { tool_calls: [{ index: 0, ...call }] }
        const finish = isAnswered ? 'stop' : 'tool_calls'
        if (body.stream === true) {
          stream(chunk({ role: 'assistant', ...delta }, {}, finish), 'data: [DONE]\n\n')(response, body)
          return
        }
        const message = isAnswered ? { content: 'A cat' } : { content: null, tool_calls: [call] }
        json({ id: 'chat-1', model: 'real', choices: [{ index: 0, message, finish_reason: finish }] })(
          response,
          body,
        )
      }, 'openai')
      const look = betaTool({
        name: 'look',
        description: 'Looks',
        inputSchema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
        run: ({ at }) => `seen at ${at}`,
      })
      const runner = client.beta.messages.toolRunner({ ...asked, tools: [look], stream: streamed })
      const message = await runner.runUntilDone()
      expect(message).toMatchObject({ content: [{ type: 'text', text: 'A cat' }], stop_reason: 'end_turn' })
      expect(JSON.parse(vendor.seen[1]?.body.toString() ?? '').messages.slice(1)).toMatchObject([
        {
          role: 'assistant',
          tool_calls: [{ id: 'call-1', function: { name: 'look', arguments: '{"at":"home"}' } }],
        },
        { role: 'tool', tool_call_id: 'call-1', content: 'seen at home' },
      ])
    },
  )

  it.each([
    ['bad-request', 400, 'invalid_request_error', Anthropic.BadRequestError, 400],
    ['auth', 401, 'authentication_error', Anthropic.PermissionDeniedError, 403],
    ['quota', 402, 'billing_error', Anthropic.APIError, 402],
    ['not-found', 404, 'not_found_error', Anthropic.NotFoundError, 404],
    ['rate-limited', 429, 'rate_limit_error', Anthropic.RateLimitError, 429],
    ['overloaded', 529, 'overloaded_error', Anthropic.InternalServerError, 529],
    ['timeout', 504, 'timeout_error', Anthropic.InternalServerError, 504],
  ])('raises its own error for %s', async (code, status, type, errorClass, seen) => {
    const { client } = await world(json({ type: 'error', error: { type, message: 'Because' } }, status))
    const error: unknown = await client.messages.create(asked).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(errorClass)
    const told = code === 'auth' ? 'permission_error' : type
    expect(error).toMatchObject({ status: seen, type: told, errorCode: code })
    expect((error as InstanceType<typeof Anthropic.APIError>).requestID).toEqual(expect.any(String))
  })

  it('raises its own error for what the gateway refuses itself', async () => {
    const { client } = await world(json({}))
    const error = async (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown)
    expect(await error(client.messages.create({ ...asked, model: 'nobody' }))).toMatchObject({
      status: 404,
      type: 'not_found_error',
      errorCode: 'no-route',
    })
    expect(await error(client.messages.create({ ...asked, max_tokens: 0 }))).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining('max_tokens is 0'),
    })
    expect(await error(client.messages.batches.list())).toMatchObject({
      status: 404,
      type: 'not_found_error',
    })
  })

  it('sends again what may be sent again, and waits as long as the vendor says', async () => {
    let calls = 0
    const { client } = await world((response, body) => {
      calls += 1
      const refused = { type: 'error', error: { type: 'rate_limit_error', message: 'wait' } }
      if (calls === 1) json(refused, 429, { 'retry-after': '0' })(response, body)
      else json(messageOf('real'))(response, body)
    })
    await client.messages.create(asked, { maxRetries: 1 })
    expect(calls).toBe(2)
  })

  it('learns of an error in the middle of a stream', async () => {
    const error = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
    const { client } = await world(stream(begun(), said('Hel'), error))
    const seen: string[] = []
    const streamed = client.messages.stream(asked).on('text', (text) => seen.push(text))
    await expect(streamed.finalMessage()).rejects.toMatchObject({ type: 'overloaded_error' })
    expect(seen).toEqual(['Hel'])
  })

  it('takes the vendor’s call with it when it leaves a stream', async () => {
    const { client, vendor } = await world((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(begun() + said('Hel'))
    })
    for await (const { type } of client.messages.stream(asked)) if (type === 'content_block_delta') break
    await vendor.whenLeft(1)
    expect(vendor.left).toBe(1)
  })

  it('counts tokens where the upstream can, and is told where it cannot', async () => {
    const { client, vendor } = await world(json({ input_tokens: 14 }))
    const { max_tokens: _, ...prompt } = asked
    expect(await client.messages.countTokens(prompt)).toEqual({ input_tokens: 14 })
    expect(vendor.seen[0]).toMatchObject({ url: '/v1/messages/count_tokens' })
    const google = await world(json({ totalTokens: 9 }), 'gemini')
    const tools = [{ name: 'look', input_schema: { type: 'object' as const } }]
    expect(await google.client.messages.countTokens({ ...prompt, tools })).toEqual({ input_tokens: 9 })
    expect(google.vendor.seen[0]).toMatchObject({ url: '/v1beta/models/real:countTokens' })
    const cannot = await world(json({}), 'openai')
    await expect(cannot.client.messages.countTokens(prompt)).rejects.toMatchObject({
      status: expect.any(Number),
    })
    expect(cannot.vendor.seen).toEqual([])
  })

  it('lists the models that chat, in its own form', async () => {
    const { client, ways } = await world(json({}))
    const models = await client.models.list()
    expect(models.data).toMatchObject([{ type: 'model', id: 'claude', display_name: 'claude' }])
    expect(models).toMatchObject({ has_more: false, first_id: 'claude', last_id: 'claude' })
    expect(await client.models.retrieve('claude')).toMatchObject({ id: 'claude', lifecycle: 'active' })
    await expect(client.models.retrieve('numbers')).rejects.toBeInstanceOf(Anthropic.NotFoundError)
    // Whoever does not speak this format gets OpenAI's.
    const [way] = ways
    expect(await (await way?.ask('/v1/models'))?.json()).toMatchObject({ object: 'list' })
  })

  it('is known by its key', async () => {
    const sha = createHash('sha256').update('caller-key').digest('hex')
    const { client, listening } = await world(json(messageOf('real')), 'anthropic', {
      authenticate: apiKeys({ ann: sha }),
    })
    await client.messages.create(asked)
    const bearer = new Anthropic({ apiKey: null, authToken: 'caller-key', baseURL: listening.url })
    await bearer.messages.create(asked)
    const stranger = new Anthropic({ apiKey: 'another', baseURL: listening.url, maxRetries: 0 })
    await expect(stranger.messages.create(asked)).rejects.toBeInstanceOf(Anthropic.AuthenticationError)
  })
})
