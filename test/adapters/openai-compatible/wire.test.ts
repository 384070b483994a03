import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import {
  type CallContext,
  type ChatEvent,
  type ChatEventPart,
  type ChatRequest,
  ModelspineError,
  nativeBody,
  nativeText,
  openaiChat,
  type Secret,
} from 'modelspine/adapter'
import {
  type OpenaiCompatibleOptions,
  type OpenaiCompatibleProvider,
  openaiCompatible,
} from 'modelspine/adapters/openai-compatible'
import { createFakeClock } from 'modelspine/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { serveLoopback } from '../../loopback.ts'
import { openTruth } from '../../truth.ts'
import { chatReply, chunk, embeddingReply, event, usageChunk } from './scripted-openai.ts'

interface Seen {
  readonly path: string | undefined
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Record<string, unknown>
  readonly port: number | undefined
}

let clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear) await end()
  clear = []
})

async function serve(
  answer: (response: ServerResponse, body: Record<string, unknown>) => void,
  options: Partial<OpenaiCompatibleOptions> = {},
): Promise<{ readonly provider: OpenaiCompatibleProvider; readonly seen: Seen[] }> {
  const seen: Seen[] = []
  const loopback = await serveLoopback((request, bytes, response) => {
    const body = JSON.parse(bytes.toString()) as Record<string, unknown>
    seen.push({ path: request.url, headers: request.headers, body, port: request.socket.remotePort })
    answer(response, body)
  })
  const provider = openaiCompatible({ baseUrl: `${loopback.url}/v1`, connections: 1, ...options })
  clear.push(loopback.close, () => provider.close())
  return { provider, seen }
}

const answerJson =
  (body: object, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }

const answerStream =
  (...pieces: readonly string[]) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).end(pieces.join(''))
  }

const secretOf = (value: string): Secret => ({ reveal: () => value })
const context: CallContext = { requestId: 'r1', abortSignal: new AbortController().signal }
const request: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}
const native = (more: object = {}): ChatRequest => {
  const body = { model: 'public', messages: [{ role: 'user', content: 'Hi' }], ...more }
  return openaiChat.parse(JSON.stringify(body)).request
}

interface Read {
  readonly events: readonly ChatEvent[]
  readonly parts: readonly ChatEventPart[]
  readonly error: unknown
}

async function read(stream: AsyncIterable<readonly ChatEvent[]>): Promise<Read> {
  const events: ChatEvent[] = []
  let error: unknown
  try {
    for await (const batch of stream) events.push(...batch)
  } catch (thrown) {
    error = thrown
  }
  return { events, parts: events.flatMap(({ parts }) => parts), error }
}

describe('a call of openaiCompatible', () => {
  const truth = openTruth('openai-openapi.json')

  it.skipIf(truth.missing !== undefined)('sends requests that OpenAI takes', async () => {
    const { provider, seen } = await serve((response, body) => {
      if (body.stream === true)
        answerStream(chunk({ content: 'a' }, {}, 'stop'), 'data: [DONE]\n\n')(response)
      else answerJson('input' in body ? embeddingReply('m') : chatReply('m'))(response)
    })
    await provider.chat(request, context)
    await read(provider.chatStream(request, context))
    await provider.embed({ model: 'm', input: ['a', 'b'] }, context)
    expect(seen.map(({ path }) => path)).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/v1/embeddings',
    ])
    for (const { path, body } of seen) {
      const schema = path === '/v1/embeddings' ? 'CreateEmbeddingRequest' : 'CreateChatCompletionRequest'
      expect(truth.problems(schema, body, true)).toEqual([])
    }
  })

  it('sends the key, its own headers and the headers of the call', async () => {
    const { provider, seen } = await serve(answerJson(chatReply('m')), {
      apiKey: secretOf('key-1'),
      headers: { 'openai-organization': 'org' },
    })
    await provider.chat(request, { ...context, headers: { traceparent: '00-1-2-01' } })
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer key-1',
      'content-type': 'application/json',
      'openai-organization': 'org',
      traceparent: '00-1-2-01',
    })
  })

  it('asks for the key at each call, so that a rotated key is used, and sends no key when none is set', async () => {
    let calls = 0
    const { provider, seen } = await serve(answerJson(chatReply('m')), {
      apiKey: async () => {
        calls += 1
        return secretOf(`key-${calls}`)
      },
    })
    await provider.chat(request, context)
    await provider.chat(request, context)
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer key-1', 'Bearer key-2'])
    const open = await serve(answerJson(chatReply('m')))
    await open.provider.chat(request, context)
    expect(open.seen[0]?.headers).not.toHaveProperty('authorization')
  })

  it.each([
    ['auth', 'secret-not-found'],
    ['unavailable', 'secret-unavailable'],
  ] as const)('fails with %s and sends nothing when its key fails with %s', async (code, thrown) => {
    const apiKey = (): Promise<Secret> => Promise.reject(new ModelspineError(thrown, 'no key'))
    const { provider, seen } = await serve(answerJson(chatReply('m')), { apiKey })
    await expect(provider.chat(request, context)).rejects.toMatchObject({ code })
    expect(seen).toEqual([])
  })

  it('reads an error that came with status 200 as an error', async () => {
    const { provider } = await serve(
      answerJson({ error: { code: 'context_length_exceeded', message: 'too long' } }),
    )
    await expect(provider.chat(request, context)).rejects.toMatchObject({ code: 'context-length' })
  })

  it('reads a date in Retry-After by its own clock', async () => {
    const clock = createFakeClock({ startMs: Date.UTC(2026, 0, 1) })
    const wait = { 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' }
    const { provider } = await serve(answerJson({ error: {} }, 429, wait), { clock })
    await expect(provider.chat(request, context)).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 7000,
    })
  })

  it('hides a key that the vendor repeats in its error', async () => {
    const key = 'sk-0123456789abcdef'
    const { provider } = await serve(answerJson({ error: { message: `Incorrect API key: ${key}` } }, 401), {
      apiKey: secretOf(key),
    })
    const error: unknown = await provider.chat(request, context).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'auth',
      message: 'the vendor answered 401: Incorrect API key: [secret]',
    })
    expect(inspect(error, { depth: null })).not.toContain(key)
  })

  it('hides a credential of its headers that the vendor repeats, even where the message is cut', async () => {
    const key = `azure-${'0123456789'.repeat(5)}`
    const message = `${'x'.repeat(980)} ${key} is unknown`
    const { provider } = await serve(answerJson({ error: { message } }, 401), { headers: { 'api-key': key } })
    const error: unknown = await provider.chat(request, context).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'auth' })
    expect(inspect(error, { depth: null })).not.toContain('azure-')
  })

  it('throws bad-request and sends nothing for a request that cannot be written as JSON', async () => {
    const { provider, seen } = await serve(answerJson(chatReply('m')))
    let nested: unknown[] = []
    for (let depth = 0; depth < 100_000; depth += 1) nested = [nested]
    const options = { openai: { nested } }
    await expect(provider.chat({ ...request, options }, context)).rejects.toMatchObject({
      code: 'bad-request',
    })
    expect(seen).toEqual([])
  })

  it.each([302, 204])('blames the vendor, not the caller, for an answer of %i', async (status) => {
    const { provider } = await serve((response) => void response.writeHead(status).end())
    await expect(provider.chat(request, context)).rejects.toMatchObject({ code: 'malformed-reply' })
    expect(await read(provider.chatStream(request, context))).toMatchObject({
      error: { code: 'malformed-reply' },
    })
  })

  it('says how many embeddings came for how many inputs', async () => {
    const { provider } = await serve(answerJson(embeddingReply('m')))
    await expect(provider.embed({ model: 'm', input: ['one'] }, context)).rejects.toMatchObject({
      code: 'malformed-reply',
      message: 'the reply has 2 embeddings for 1 inputs',
    })
  })
})

const chunkOf = (index: number, content: string, finish: string | null = null): string =>
  event({ choices: [{ index, delta: { content }, finish_reason: finish }] })

describe('a stream of openaiCompatible', () => {
  const whole = [chunk({ content: 'a' }, { usage: null }), chunk({}, { usage: null }, 'stop'), usageChunk]

  it('hides the usage from a caller that did not ask for it', async () => {
    const { provider, seen } = await serve(answerStream(...whole, 'data: [DONE]\n\n'))
    const { events, parts } = await read(provider.chatStream(native(), context))
    expect(seen[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(parts.map(({ type }) => type)).toEqual(['text-delta', 'finish', 'usage'])
    const texts = events.map((event) => nativeText(event, 'openai-chat'))
    expect(texts.map((text) => text === '')).toEqual([false, false, true])
    for (const text of texts) expect(text).not.toContain('usage')
  })

  it('passes the usage on when the caller asked for it', async () => {
    const { provider } = await serve(answerStream(...whole, 'data: [DONE]\n\n'))
    const asked = native({ stream_options: { include_usage: true } })
    const { events, parts } = await read(provider.chatStream(asked, context))
    expect(parts.at(-1)).toMatchObject({ type: 'usage' })
    expect(nativeBody(events.at(-1) ?? {}, 'openai-chat')).toMatchObject({ usage: { total_tokens: 10 } })
  })

  it('gives its connection back, even when the body ends only after [DONE] was read', async () => {
    let end = (): void => {}
    const { provider, seen } = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`${whole.join('')}data: [DONE]\n\n`)
      end = () => response.end()
    })
    for (let round = 0; round < 3; round += 1) {
      expect((await read(provider.chatStream(request, context))).error).toBeUndefined()
      end()
    }
    expect(new Set(seen.map(({ port }) => port)).size).toBe(1)
  })

  it.each([
    ['a marker without its empty line', [...whole, 'data: [DONE]']],
    ['no marker', whole],
    ['its finish reason sent twice', [...whole, chunk({}, {}, 'stop'), 'data: [DONE]\n\n']],
    ['no finish reason, but the marker', [whole[0] ?? '', 'data: [DONE]\n\n']],
    ['no finish reason and no marker', [whole[0] ?? '']],
    ['an empty event', [whole[0] ?? '', 'data:\n\n', 'data\n\n', ...whole.slice(1)]],
    ['named events of the vendor', ['event: ping\ndata: {}\n\n', ...whole, 'event: ping\ndata: now\n\n']],
  ])('finishes exactly once when it ends whole with %s', async (_what, pieces) => {
    const { provider } = await serve(answerStream(...pieces))
    const { parts, error } = await read(provider.chatStream(request, context))
    expect(error).toBeUndefined()
    expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(1)
  })

  it.each([
    ['in the middle of an event', [...whole, 'data: {"choi'], 'interrupted'],
    ['before any event', [], 'malformed-reply'],
    ['after an event that is not JSON', [whole[0] ?? '', 'data: nonsense\n\n'], 'malformed-reply'],
    ['after an event without choices', [whole[0] ?? '', event({ note: 1 })], 'malformed-reply'],
    ['with an error', [whole[0] ?? '', event({ error: { type: 'overloaded_error' } })], 'overloaded'],
    [
      'with an event named error',
      [whole[0] ?? '', 'event: error\ndata: {"message":"oh"}\n\n'],
      'unavailable',
    ],
  ])('fails when it ends %s', async (_where, pieces, code) => {
    const { provider } = await serve(answerStream(...pieces))
    const { parts, error } = await read(provider.chatStream(request, context))
    expect(error).toMatchObject({ code })
    expect(parts.filter(({ type }) => type === 'text-delta')).toHaveLength(pieces.length === 0 ? 0 : 1)
  })

  const closed = (text: string) => (response: ServerResponse) => {
    response.socket?.end(
      `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n${text}`,
    )
  }

  it('is interrupted when the connection closes before a finish reason came', async () => {
    const { provider } = await serve(closed(whole[0] ?? ''))
    expect((await read(provider.chatStream(request, context))).error).toMatchObject({ code: 'interrupted' })
  })

  it.each([
    ['the one that began has finished', [chunkOf(0, 'a', 'stop'), chunkOf(1, 'b')]],
    ['not all have begun', [chunkOf(0, 'a', 'stop')]],
    ['none has finished', [chunkOf(0, 'a'), chunkOf(1, 'b')]],
  ])('is interrupted when the connection closes while of two choices %s', async (_what, pieces) => {
    const { provider } = await serve(closed(pieces.join('')))
    const { parts, error } = await read(provider.chatStream({ ...request, choices: 2 }, context))
    expect(error).toMatchObject({ code: 'interrupted' })
    expect(parts.filter((part) => part.type === 'finish' && part.choice === 1)).toEqual([])
  })

  it('is finished when the connection closes after a finish reason came', async () => {
    const { provider } = await serve(closed(whole.slice(0, 2).join('')))
    const { events, error } = await read(provider.chatStream(request, context))
    expect([events.length, error]).toEqual([2, undefined])
  })

  it.each([
    ['the error of the document', { error: { code: 'invalid_api_key' } }, 'auth'],
    ['malformed-reply', chatReply('m'), 'malformed-reply'],
  ])('throws %s when one document came instead of a stream', async (_what, body, code) => {
    const { provider } = await serve(answerJson(body))
    expect((await read(provider.chatStream(request, context))).error).toMatchObject({ code })
  })
})
