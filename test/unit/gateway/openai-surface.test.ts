import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openaiCompatible } from '../../../adapters/openai-compatible/index.ts'
import { ModelspineError } from '../../../src/errors.ts'
import type { ChatEvent, ChatRequest } from '../../../src/provider/contract.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import { finish, route, text, used, vendor } from '../routing/scenario.ts'
import { type GatewayWorld, gatewayWorld, type Upstream, upstream } from './gateway-world.ts'
import { notHere, officialSchemas } from './official.ts'

const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 }
const message = { role: 'assistant', content: 'hello there', refusal: null }
const completion = {
  id: 'chatcmpl-up',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'vendor-model',
  choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
  usage,
  vendor_extra: { kept: true },
}
const chunkOf = (delta: object, finishReason: string | null = null): object => ({
  id: 'chatcmpl-up',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'vendor-model',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
})
const sse = (body: object | string): string =>
  `data: ${typeof body === 'string' ? body : JSON.stringify(body)}\n\n`

let native: Upstream
let world: GatewayWorld
let asked: ChatRequest | undefined
let cutAfter: 'output' | 'nothing' | undefined

beforeAll(async () => {
  native = await upstream((body, response, request) => {
    const { stream, input, encoding_format } = JSON.parse(body.toString())
    if (request.url === '/v1/embeddings') {
      const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input]
      const vector = encoding_format === 'base64' ? 'AACAPwAAAEA=' : [1, 2]
      const data = inputs.map((_: unknown, index: number) => ({
        object: 'embedding',
        index,
        embedding: vector,
      }))
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          object: 'list',
          data,
          model: 'vendor-embed',
          usage: { prompt_tokens: 1, total_tokens: 1 },
        }),
      )
    } else if (request.url === '/v1/completions') {
      const legacy = (text: string): object => ({
        id: 'cmpl-up',
        object: 'text_completion',
        created: 1_700_000_000,
        model: 'vendor-model',
        choices: [{ index: 0, text, logprobs: null, finish_reason: 'stop' }],
      })
      const body = legacy('legacy hello')
      if (stream === true) {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end(sse(body) + sse('[DONE]'))
      } else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    } else if (stream !== true) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion))
    } else {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      if (cutAfter === 'nothing') return void response.socket?.destroy()
      response.write(sse(chunkOf({ role: 'assistant', content: '' })))
      response.write(sse(chunkOf({ content: 'hello ' })), () => {
        if (cutAfter === 'output') return void response.socket?.destroy()
        response.write(sse(chunkOf({ content: 'there' })))
        response.write(sse(chunkOf({}, 'stop')))
        response.write(sse({ ...chunkOf({}), choices: [], usage }))
        response.end(sse('[DONE]'))
      })
    }
  })
  const events: readonly ChatEvent[] = [
    text('one '),
    text('two'),
    finish,
    used({ inputTokens: 4, outputTokens: 2 }),
  ]
  const foreign = memoryProvider({
    name: 'foreign',
    chat: (request) => {
      asked = request
      return {
        id: 'f-1',
        model: request.model,
        choices: [
          {
            content: [
              { type: 'text', text: 'one two' },
              { type: 'tool-call', id: 'call-1', name: 'look', arguments: '{"at":1}' },
            ],
            finishReason: 'tool-calls',
          },
        ],
        usage: { inputTokens: 4, outputTokens: 2 },
      }
    },
    chatStream: () => events,
    embed: (request) => ({
      model: request.model,
      embeddings: request.input.map(() => [0.5, -1]),
      usage: { inputTokens: 3 },
    }),
  })
  const failing = memoryProvider({
    name: 'failing',
    chat: ({ messages }) => {
      const [part] = messages[0]?.content ?? []
      const code = part?.type === 'text' ? part.text : ''
      if (code === 'bug') throw new RangeError('secret inside')
      throw new ModelspineError(code as 'quota', `it is ${code}`, {
        ...(code === 'rate-limited' ? { retryAfterMs: 1500 } : {}),
      })
    },
  })
  world = await gatewayWorld(
    {
      routes: [
        route([vendor('native')], { operations: ['chat', 'embed'] }, { name: 'native' }),
        route([vendor('foreign')], { operations: ['chat', 'embed'] }, { name: 'foreign' }),
        route([vendor('foreign')], { names: ['gpt-4.1-mini', 'org/Model-8B', 'foreign'] }, { name: 'named' }),
        route([vendor('failing')], { operations: ['chat'] }, { name: 'failing' }),
        route([vendor('native')], { fallback: [vendor('foreign')] }, { name: 'safe', namespace: 'team' }),
        route([vendor('native')], { operations: ['infer'] }, { name: 'numbers' }),
      ],
      providers: { native: openaiCompatible({ baseUrl: `${native.url}/v1` }), foreign, failing },
    },
    { authenticate: ({ authorization }) => (authorization === 'Bearer key' ? { name: 'ada' } : null) },
  )
})
afterAll(async () => {
  await world.close()
  await native.close()
})

describe.each(['node', 'fetch'] as const)('OpenAI over the %s handler', (name) => {
  const options = (): ConstructorParameters<typeof OpenAI>[0] => ({
    baseURL: `${world.listening.url}/v1`,
    apiKey: 'key',
    maxRetries: 0,
    ...(name === 'fetch'
      ? {
          fetch: (url: string | URL | Request, init?: RequestInit) =>
            world.gateway.fetch(new Request(url, init)),
        }
      : {}),
  })
  const client = (): OpenAI => new OpenAI(options())
  const messages = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }]
  const failure = async (work: Promise<unknown>): Promise<APIError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error instanceof APIError) return error
    throw new Error(`no APIError came but ${error}`)
  }

  it('passes a completion of the same dialect on with its unknown fields, in both directions', async () => {
    const before = native.seen.length
    const extra = { model: 'native', messages: messages('hi'), top_k: 3 }
    const { data, response } = await client().chat.completions.create(extra).withResponse()
    expect(data).toMatchObject(completion)
    expect(response.headers.get('x-modelspine-provider')).toBe('openai')
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-z]{26}$/)
    expect(JSON.parse(String(native.seen[before]?.body))).toEqual({ ...extra, model: 'native-model' })
  })

  it('translates a completion of another dialect', async () => {
    const data = await client().chat.completions.create({
      model: 'foreign',
      messages: messages('hi'),
      max_tokens: 9,
    })
    expect(asked).toMatchObject({ model: 'foreign-model', maxOutputTokens: 9 })
    expect(data.choices[0]?.message).toMatchObject({
      content: 'one two',
      tool_calls: [{ id: 'call-1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
    })
    expect(data.choices[0]?.finish_reason).toBe('tool_calls')
    expect(data.usage).toEqual({ prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 })
  })

  it.each([
    ['native', 'hello there', 7],
    ['foreign', 'one two', 6],
  ])(
    'streams from a %s upstream, with usage only when the caller asks for it',
    async (model, said, total) => {
      for (const include_usage of [true, false]) {
        const stream = await client().chat.completions.create({
          model,
          messages: messages('hi'),
          stream: true,
          stream_options: { include_usage },
        })
        const chunks = []
        for await (const chunk of stream) chunks.push(chunk)
        expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(said)
        expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['stop'])
        const counted = chunks.flatMap((chunk) => chunk.usage?.total_tokens ?? [])
        expect(counted).toEqual(include_usage ? [total] : [])
      }
    },
  )

  it('serves legacy completions, whole and streamed, from a chat upstream and from one of the same dialect', async () => {
    const seen = native.seen.length
    const asked = { prompt: 'hi', max_tokens: 9, top_k: 3 }
    for (const [model, said] of [
      ['native', 'legacy hello'],
      ['foreign', 'one two'],
    ] as const) {
      const { choices } = await client().completions.create({ model, ...asked })
      expect(choices[0]).toMatchObject({ index: 0, text: said, finish_reason: 'stop' })
      let streamed = ''
      for await (const chunk of await client().completions.create({ model, ...asked, stream: true })) {
        streamed += chunk.choices[0]?.text ?? ''
      }
      expect(streamed).toBe(said)
    }
    expect(JSON.parse(String(native.seen[seen]?.body))).toEqual({ ...asked, model: 'native-model' })
  })

  it('ends a stream with [DONE]', async () => {
    for (const model of ['native', 'foreign']) {
      const way = world.ways.find((each) => each.name === name)
      const response = await way?.ask('/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer key' },
        body: JSON.stringify({ model, messages: messages('hi'), stream: true }),
      })
      expect(response?.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      const body = await response?.text()
      expect(body?.endsWith('data: [DONE]\n\n')).toBe(true)
      expect(body?.match(/\[DONE\]/g)).toHaveLength(1)
    }
  })

  it('ends a stream that broke after output with an error event and without [DONE]', async () => {
    cutAfter = 'output'
    try {
      const body = { model: 'team/safe', messages: messages('hi'), stream: true } as const
      const seen: string[] = []
      const read = async (): Promise<void> => {
        for await (const chunk of await client().chat.completions.create(body)) {
          seen.push(chunk.choices[0]?.delta.content ?? '')
        }
      }
      expect((await failure(read())).code).toBe('interrupted')
      expect(seen.join('')).toBe('hello ')
      const way = world.ways.find((each) => each.name === name)
      const response = await way?.ask('/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer key' },
        body: JSON.stringify(body),
      })
      const raw = (await response?.text()) ?? ''
      expect(raw).not.toContain('[DONE]')
      expect(JSON.parse(raw.trim().split('\n\n').at(-1)?.slice(6) ?? '')).toMatchObject({
        error: { type: 'server_error', code: 'interrupted', param: null },
      })
    } finally {
      cutAfter = undefined
    }
  })

  it('fails over when a stream breaks before output', async () => {
    cutAfter = 'nothing'
    try {
      const { data, response } = await client()
        .chat.completions.create({ model: 'team/safe', messages: messages('hi'), stream: true })
        .withResponse()
      expect(response.headers.get('x-modelspine-attempts')).toBe('2')
      let said = ''
      for await (const chunk of data) said += chunk.choices[0]?.delta.content ?? ''
      expect(said).toBe('one two')
    } finally {
      cutAfter = undefined
    }
  })

  it('embeds strings, lists and token ids, as numbers and as base64', async () => {
    for (const [model, vector] of [
      ['native', [1, 2]],
      ['foreign', [0.5, -1]],
    ] as const) {
      for (const input of ['a', ['a', 'b']]) {
        const count = Array.isArray(input) ? input.length : 1
        // Without a format the SDK asks for base64 and unpacks it.
        for (const format of [{}, { encoding_format: 'float' as const }]) {
          const { data } = await client().embeddings.create({ model, input, ...format })
          expect(data.map(({ embedding }) => [...embedding])).toEqual(
            Array.from({ length: count }, () => vector),
          )
        }
      }
    }
    for (const input of [
      [1, 2, 3],
      [[1], [2, 3]],
    ] as (number[] | number[][])[]) {
      const before = native.seen.length
      await client().embeddings.create({ model: 'native', input, encoding_format: 'float' })
      expect(JSON.parse(String(native.seen[before]?.body)).input).toEqual(input)
    }
  })

  it('lists only the models that chat or embed', async () => {
    const listed = await client().models.list()
    const ids = ['native', 'foreign', 'gpt-4.1-mini', 'org/Model-8B', 'failing', 'team/safe']
    expect(listed.data.map(({ id }) => id)).toEqual(ids)
    expect(await client().models.retrieve('team/safe')).toMatchObject({ id: 'team/safe', owned_by: 'team' })
    const way = world.ways.find((each) => each.name === name)
    const unencoded = await way?.ask('/v1/models/org/Model-8B', { headers: { authorization: 'Bearer key' } })
    expect(await unencoded?.json()).toMatchObject({ id: 'org/Model-8B', owned_by: 'default' })
    const { model } = await client().chat.completions.create({
      model: 'gpt-4.1-mini',
      messages: messages('hi'),
    })
    expect(model).toBe('foreign-model')
    expect((await failure(client().models.retrieve('numbers'))).status).toBe(404)
  })

  it.each<[string, number, string, string]>([
    ['bad-request', 400, 'bad-request', 'invalid_request_error'],
    ['context-length', 400, 'context_length_exceeded', 'invalid_request_error'],
    ['content-filter', 400, 'content_filter', 'invalid_request_error'],
    ['quota', 402, 'insufficient_quota', 'insufficient_quota'],
    ['rate-limited', 429, 'rate_limit_exceeded', 'rate_limit_error'],
    ['auth', 403, 'auth', 'permission_error'],
    ['not-found', 404, 'model_not_found', 'invalid_request_error'],
    ['overloaded', 503, 'overloaded', 'server_error'],
    ['timeout', 504, 'timeout', 'server_error'],
    ['bug', 503, 'unavailable', 'server_error'],
  ])('reports a backend’s %s as %i', async (said, status, code, type) => {
    const failed = await failure(
      client().chat.completions.create({ model: 'failing', messages: messages(said) }),
    )
    expect([failed.status, failed.code, failed.type, failed.param]).toEqual([status, code, type, null])
    expect(failed.headers?.get('retry-after')).toBe(said === 'rate-limited' ? '2' : null)
    const helps = ['rate-limited', 'overloaded', 'timeout', 'bug'].includes(said)
    expect(failed.headers?.get('x-should-retry')).toBe(String(helps))
  })

  it('says what is wrong with a request, and in which field', async () => {
    const create = (body: object): Promise<unknown> =>
      client().chat.completions.create(body as OpenAI.ChatCompletionCreateParamsNonStreaming)
    const hot = await failure(create({ model: 'native', messages: messages('hi'), temperature: 'hot' }))
    expect([hot.status, hot.param, hot.message]).toEqual([
      400,
      'temperature',
      '400 temperature is "hot"; write a number of at least 0',
    ])
    const unknown = await failure(create({ model: 'none', messages: messages('hi') }))
    expect([unknown.status, unknown.code]).toEqual([404, 'model_not_found'])
    const numbers = await failure(create({ model: 'numbers', messages: messages('hi') }))
    expect([numbers.status, numbers.code]).toEqual([400, 'unsupported'])
    const stranger = new OpenAI({ ...options(), apiKey: 'other' })
    const refused = await failure(stranger.models.list())
    expect([refused.status, refused.code, refused.type]).toEqual([
      401,
      'invalid_api_key',
      'authentication_error',
    ])
  })

  it.each<[string, RequestInit, number]>([
    ['/v1/chat/completions', { method: 'GET' }, 405],
    ['/v1/nothing', {}, 404],
    ['/v1/chat/completions', { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } }, 415],
    [
      '/v1/chat/completions',
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
      400,
    ],
  ])('answers %s in OpenAI’s error format when the HTTP request is wrong', async (path, init, status) => {
    const way = world.ways.find((each) => each.name === name)
    const headers = { ...init.headers, authorization: 'Bearer key' }
    const response = await way?.ask(path, { ...init, headers })
    expect(response?.status).toBe(status)
    expect(await response?.json()).toMatchObject({
      error: { message: expect.any(String), type: 'invalid_request_error', param: null },
    })
  })

  describe('beside the official interface', () => {
    const schemas = officialSchemas('openai-openapi.json')
    const post = async (path: string, body: object): Promise<Response> => {
      const way = world.ways.find((each) => each.name === name)
      if (way === undefined) throw new Error(`there is no way ${name}`)
      return way.ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer key' },
        body: JSON.stringify(body),
      })
    }

    it.for<[string, string, object]>([
      ['CreateChatCompletionResponse', '/v1/chat/completions', { model: 'native' }],
      ['CreateChatCompletionResponse', '/v1/chat/completions', { model: 'foreign' }],
      ['CreateEmbeddingResponse', '/v1/embeddings', { model: 'foreign', input: 'a' }],
      ['ErrorResponse', '/v1/chat/completions', { model: 'none' }],
    ])('conforms to %s at %s', async ([schema, path, body], { skip }) => {
      if (schemas === undefined) return skip(notHere)
      const validate = schemas(schema)
      const said = 'input' in body ? body : { messages: messages('hi'), ...body }
      const reply = await (await post(path, said)).json()
      expect(validate(reply), JSON.stringify(validate.errors)).toBe(true)
    })

    it('conforms to ListModelsResponse', async ({ skip }) => {
      if (schemas === undefined) return skip(notHere)
      const validate = schemas('ListModelsResponse')
      const way = world.ways.find((each) => each.name === name)
      const response = await way?.ask('/v1/models', { headers: { authorization: 'Bearer key' } })
      expect(validate(await response?.json()), JSON.stringify(validate.errors)).toBe(true)
    })

    it('conforms to CreateChatCompletionStreamResponse in every event', async ({ skip }) => {
      if (schemas === undefined) return skip(notHere)
      const validate = schemas('CreateChatCompletionStreamResponse')
      for (const model of ['native', 'foreign']) {
        const more = { stream: true, stream_options: { include_usage: true } }
        const body = await (
          await post('/v1/chat/completions', { model, messages: messages('hi'), ...more })
        ).text()
        const events = body.trim().split('\n\n').slice(0, -1)
        expect(events.length).toBeGreaterThan(3)
        for (const event of events) {
          expect(validate(JSON.parse(event.slice(6))), `${event} ${JSON.stringify(validate.errors)}`).toBe(
            true,
          )
        }
      }
    })
  })
})
