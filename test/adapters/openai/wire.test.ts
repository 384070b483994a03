import { createServer } from 'node:http'
import {
  type CallContext,
  type ChatEventPart,
  type ChatRequest,
  nativeText,
  openaiChat,
  openaiCompletions,
  openaiResponses,
  type Secret,
} from 'modelspine/adapter'
import { type OpenaiOptions, openai } from 'modelspine/adapters/openai'
import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { serveLoopback } from '../../loopback.ts'
import { openTruth } from '../../truth.ts'
import { chatReply, completionReply, embeddingReply } from '../openai-compatible/scripted-openai.ts'
import { event, responseReply } from './scripted-responses.ts'

const truth = openTruth('openai-openapi.json')
const clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear.splice(0)) await end()
})

interface Seen {
  readonly path: string | undefined
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Readonly<Record<string, unknown>>
}

const answers: Readonly<Record<string, object>> = {
  '/v1/responses': responseReply('m'),
  '/v1/chat/completions': chatReply('m'),
  '/v1/completions': completionReply('m'),
  '/v1/embeddings': embeddingReply('m'),
}

async function serve(
  options: Partial<OpenaiOptions> = {},
  refusal?: { status: number; headers?: Record<string, string>; body: object },
) {
  const seen: Seen[] = []
  const loopback = await serveLoopback((request, bytes, response) => {
    const body = JSON.parse(bytes.toString())
    seen.push({ path: request.url, headers: request.headers, body })
    if (refusal !== undefined) {
      const headers = { 'content-type': 'application/json', ...refusal.headers }
      response.writeHead(refusal.status, headers).end(JSON.stringify(refusal.body))
    } else if (body.stream === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(event('response.completed', { response: responseReply('m') }))
    } else {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answers[request.url ?? ''] ?? {}))
    }
  })
  const apiKey: Secret = { reveal: () => 'sk-1' }
  const provider = openai({ baseUrl: `${loopback.url}/v1`, apiKey, ...options })
  clear.push(loopback.close, () => provider.close())
  return { provider, seen }
}

const context: CallContext = { requestId: 'r1', abortSignal: new AbortController().signal }
const request: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}
const input = { model: 'public', input: 'Hi', x: 1 }
const ofResponses = openaiResponses.parse(JSON.stringify(input)).request
const ofChat = openaiChat.parse(
  JSON.stringify({ model: 'public', messages: [{ role: 'user', content: 'Hi' }], stop: ['END'] }),
).request
const ofCompletion = openaiCompletions.parse('{"model":"public","prompt":"Hi"}').request

describe('a call of openai', () => {
  it.skipIf(truth.missing !== undefined)('sends requests that OpenAI takes', async () => {
    const { provider, seen } = await serve({ encryptedReasoning: true })
    await provider.chat(request, context)
    const parts: ChatEventPart[] = []
    for await (const batch of provider.chatStream(request, context)) {
      parts.push(...batch.flatMap((each) => each.parts))
    }
    await provider.chat({ ...request, seed: 7 }, context)
    await provider.embed({ model: 'm', input: ['a', 'b'] }, context)
    expect(parts.map(({ type }) => type)).toEqual(['text-delta', 'usage', 'finish'])
    const schemas = {
      '/v1/responses': 'CreateResponse',
      '/v1/chat/completions': 'CreateChatCompletionRequest',
      '/v1/embeddings': 'CreateEmbeddingRequest',
    }
    expect(seen.map(({ path }) => path)).toEqual([
      '/v1/responses',
      '/v1/responses',
      '/v1/chat/completions',
      '/v1/embeddings',
    ])
    for (const { path, body } of seen) {
      expect(truth.problems(schemas[path as keyof typeof schemas], body, true)).toEqual([])
    }
    expect(seen[0]?.body).toEqual({
      model: 'm',
      input: [{ role: 'user', content: 'Hi' }],
      store: false,
      include: ['reasoning.encrypted_content'],
    })
  })

  it('leaves a request in the format it came in', async () => {
    const { provider, seen } = await serve()
    for (const each of [ofResponses, ofChat, ofCompletion]) {
      const reply = await provider.chat({ ...each, model: 'm' }, context)
      expect(nativeText(reply, each.native?.dialect ?? '')).toBeDefined()
    }
    expect(seen.map(({ path }) => path)).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/completions'])
    expect(seen[0]?.body).toEqual({ ...input, model: 'm' })
  })

  it.each([
    [{ seed: 1 }, '/v1/chat/completions'],
    [{ stop: ['END'] }, '/v1/chat/completions'],
    [{ choices: 2 }, '/v1/chat/completions'],
    [{ frequencyPenalty: 1 }, '/v1/chat/completions'],
    [{ presencePenalty: 1 }, '/v1/chat/completions'],
    [
      { messages: [{ role: 'user', content: [{ type: 'audio', url: 'data:audio/wav;base64,AA==' }] }] },
      '/v1/chat/completions',
    ],
    [{ choices: 1, stop: [], temperature: 1 }, '/v1/responses'],
  ] as const)('asks the API that can say it: %j', async (more, path) => {
    const { provider, seen } = await serve()
    await provider.chat({ ...request, ...more }, context)
    expect(seen[0]?.path).toBe(path)
  })

  it('asks one API only, if it is told so', async () => {
    const chat = await serve({ api: 'chat' })
    await chat.provider.chat({ ...openaiResponses.parse('{"model":"m","input":"Hi"}').request }, context)
    await expect(chat.provider.chat(ofResponses, context)).rejects.toMatchObject({
      code: 'unsupported',
      details: { field: 'x' },
    })
    expect(chat.seen.map(({ path }) => path)).toEqual(['/v1/chat/completions'])
    const responses = await serve({ api: 'responses' })
    await responses.provider.chat({ ...request, seed: 7 }, context)
    await expect(responses.provider.chat(ofChat, context)).rejects.toMatchObject({
      code: 'unsupported',
      details: { field: 'stop' },
    })
    expect(responses.seen.map(({ path }) => path)).toEqual(['/v1/responses'])
    expect([chat, responses].map(({ provider }) => provider.capabilities.dialects)).toEqual([
      ['openai-chat', 'openai-completions', 'openai-embeddings'],
      ['openai-responses', 'openai-embeddings'],
    ])
  })

  it('says whose quota it is', async () => {
    const { provider, seen } = await serve({
      organization: 'org-1',
      project: 'proj-1',
      headers: { 'x-a': 'b' },
    })
    await provider.chat(request, context)
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer sk-1',
      'openai-organization': 'org-1',
      'openai-project': 'proj-1',
      'x-a': 'b',
    })
    const call = { operation: 'chat', model: 'm', streamed: false } as const
    const target = await provider.target(call, context)
    expect(target.url).toMatch(/\/v1\/chat\/completions$/)
    expect(target.headers).toMatchObject({ authorization: 'Bearer sk-1', 'openai-project': 'proj-1' })
    await expect(provider.target({ ...call, operation: 'infer' }, context)).rejects.toMatchObject({
      code: 'unsupported',
    })
  })

  it('tells of a failure what the headers say, and the id for the support', async () => {
    const headers = {
      'x-request-id': 'req_1',
      'x-ratelimit-remaining-tokens': '0',
      'retry-after-ms': '1500',
    }
    const error = { message: 'Slow down, key sk-1', type: 'tokens', code: 'rate_limit_exceeded', param: null }
    const { provider } = await serve({}, { status: 429, headers, body: { error } })
    await expect(provider.chat(request, context)).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 1500,
      message: expect.not.stringContaining('sk-1'),
      details: { requestId: 'req_1', rateLimits: { 'x-ratelimit-remaining-tokens': '0' } },
    })
  })

  it('writes for each dialect as much as the cap allows', async () => {
    const { provider, seen } = await serve()
    for (const each of [ofResponses, ofChat, ofCompletion, request]) {
      await provider.chat(provider.capTokens({ ...each, maxOutputTokens: 90 }, 40), context)
    }
    expect(
      seen.map(({ body }) => body.max_output_tokens ?? body.max_completion_tokens ?? body.max_tokens),
    ).toEqual([40, 40, 40, 40])
  })

  it("calls the addresses that OpenAI's own client calls", async () => {
    const paths: string[] = []
    const server = createServer((asked, response) => {
      paths.push(asked.url ?? '')
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    clear.push(async () => void server.close())
    const { port } = server.address() as { readonly port: number }
    const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
    await client.responses.create({ model: 'm', input: 'Hi' })
    await client.chat.completions.create({ model: 'm', messages: [] })
    await client.completions.create({ model: 'm', prompt: 'Hi' })
    await client.embeddings.create({ model: 'm', input: 'a' })
    expect(paths).toEqual(Object.keys(answers))
  })
})
