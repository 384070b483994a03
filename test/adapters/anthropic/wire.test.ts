import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import {
  anthropicMessages,
  type CallContext,
  type ChatEventPart,
  type ChatRequest,
  type Secret,
} from 'modelspine/adapter'
import { type AnthropicOptions, type AnthropicProvider, anthropic } from 'modelspine/adapters/anthropic'
import { createFakeClock } from 'modelspine/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { serveLoopback } from '../../loopback.ts'
import { begun, ended, event, messageOf, said, stopped } from './scripted-anthropic.ts'

interface Seen {
  readonly path: string | undefined
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Record<string, unknown>
}

let clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear) await end()
  clear = []
})

async function serve(
  answer: (response: ServerResponse) => void,
  options: AnthropicOptions = {},
): Promise<{ readonly provider: AnthropicProvider; readonly seen: Seen[] }> {
  const seen: Seen[] = []
  const loopback = await serveLoopback((request, bytes, response) => {
    seen.push({ path: request.url, headers: request.headers, body: JSON.parse(bytes.toString()) })
    answer(response)
  })
  const provider = anthropic({ baseUrl: loopback.url, connections: 1, ...options })
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

async function partsOf(provider: AnthropicProvider): Promise<readonly ChatEventPart[]> {
  const parts: ChatEventPart[] = []
  for await (const batch of provider.chatStream(request, context))
    parts.push(...batch.flatMap((each) => each.parts))
  return parts
}

describe('a call of anthropic', () => {
  it('sends the key, the version, betas, its own headers and those of the call', async () => {
    const { provider, seen } = await serve(answerJson(messageOf('m')), {
      apiKey: secretOf('key-1'),
      betas: ['one-2026'],
      headers: { 'x-team': 't' },
    })
    const options = {
      anthropic: { betas: ['two-2026', 'one-2026'], service_tier: 'auto' },
    }
    await provider.chat({ ...request, options }, { ...context, headers: { traceparent: '00-1-2-01' } })
    expect(seen[0]).toMatchObject({
      path: '/v1/messages',
      headers: {
        'x-api-key': 'key-1',
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'one-2026,two-2026',
        'content-type': 'application/json',
        'x-team': 't',
        traceparent: '00-1-2-01',
      },
      body: { model: 'm', max_tokens: 16_384, service_tier: 'auto' },
    })
    expect(seen[0]?.headers).not.toHaveProperty('authorization')
    expect(seen[0]?.body).not.toHaveProperty('betas')
  })

  it('sends a bearer token, another version and another limit where it is told to', async () => {
    let calls = 0
    const { provider, seen } = await serve(answerJson(messageOf('m')), {
      authToken: async () => {
        calls += 1
        return secretOf(`token-${calls}`)
      },
      version: '2030-01-01',
      maxTokens: 77,
    })
    await provider.chat(request, context)
    await provider.chat(request, context)
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(seen[0]).toMatchObject({
      headers: { 'anthropic-version': '2030-01-01' },
      body: { max_tokens: 77 },
    })
    expect(seen[0]?.headers).not.toHaveProperty('x-api-key')
    expect(seen[0]?.headers).not.toHaveProperty('anthropic-beta')
  })

  it('reads a stream with its usage, and asks for one', async () => {
    const { provider, seen } = await serve(answerStream(begun(), said('a'), said('b'), ended, stopped))
    expect(await partsOf(provider)).toEqual([
      { type: 'usage', usage: { inputTokens: 7 } },
      { type: 'text-delta', text: 'a', choice: 0, block: 0 },
      { type: 'text-delta', text: 'b', choice: 0, block: 0 },
      { type: 'finish', choice: 0, finishReason: 'stop' },
      { type: 'usage', usage: { inputTokens: 7, outputTokens: 3 } },
    ])
    expect(seen[0]).toMatchObject({ body: { stream: true }, headers: { accept: 'text/event-stream' } })
  })

  it('throws an error inside a stream by its word', async () => {
    const error = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
    const { provider } = await serve(answerStream(begun(), said('a'), error))
    await expect(partsOf(provider)).rejects.toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('Overloaded'),
    })
  })

  it('throws for an answer that is no stream, or an error with status 200', async () => {
    const whole = await serve(answerJson(messageOf('m')))
    await expect(partsOf(whole.provider)).rejects.toMatchObject({ code: 'malformed-reply' })
    const error = { type: 'error', error: { type: 'rate_limit_error', message: 'wait' } }
    const failed = await serve(answerJson(error))
    await expect(partsOf(failed.provider)).rejects.toMatchObject({ code: 'rate-limited' })
    await expect(failed.provider.chat(request, context)).rejects.toMatchObject({ code: 'rate-limited' })
  })

  it('tells what the vendor says of a limit: when to come again, what is left, and the id of its request', async () => {
    const clock = createFakeClock({ startMs: Date.UTC(2026, 0, 1) })
    const { provider } = await serve(
      answerJson({ type: 'error', error: { type: 'rate_limit_error', message: 'wait' } }, 429, {
        'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT',
        'anthropic-ratelimit-requests-remaining': '0',
        'request-id': 'req_1',
      }),
      { clock },
    )
    await expect(provider.chat(request, context)).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 7000,
      details: {
        vendorRequestId: 'req_1',
        rateLimits: { 'anthropic-ratelimit-requests-remaining': '0' },
      },
    })
  })

  it('hides its key and its token in what the vendor says', async () => {
    const key = 'sk-ant-0123456789abcdef'
    const message = `invalid x-api-key ${key}, token bearer-0123456789`
    const { provider } = await serve(
      answerJson({ type: 'error', error: { type: 'authentication_error', message } }, 401),
      {
        apiKey: secretOf(key),
        authToken: secretOf('bearer-0123456789'),
      },
    )
    const error: unknown = await provider.chat(request, context).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'auth' })
    expect(inspect(error, { depth: null })).not.toMatch(/0123456789/)
  })

  it('counts tokens with what the vendor takes there', async () => {
    const { provider, seen } = await serve(answerJson({ input_tokens: 14 }), { apiKey: secretOf('k') })
    const counted = await provider.countTokens(
      { ...request, temperature: 1, stop: ['x'], endUser: 'u' },
      context,
    )
    expect(counted).toEqual({ inputTokens: 14 })
    expect(seen[0]).toMatchObject({ path: '/v1/messages/count_tokens', headers: { 'x-api-key': 'k' } })
    expect(seen[0]?.body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
    const { request: native } = anthropicMessages.parse(
      '{"model":"x","max_tokens":5,"stream":true,"messages":[{"role":"user","content":"Hi"}],"thinking":{"type":"adaptive"}}',
    )
    await provider.countTokens({ ...native, model: 'm' }, context)
    expect(seen[1]?.body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      thinking: { type: 'adaptive' },
    })
  })

  it.each([
    [{}, 200, 'malformed-reply'],
    [{ type: 'error', error: { type: 'not_found_error' } }, 404, 'not-found'],
    [{ type: 'error', error: { type: 'overloaded_error' } }, 200, 'overloaded'],
  ])('fails to count with %j and %s as %s', async (body, status, code) => {
    const { provider } = await serve(answerJson(body, status))
    await expect(provider.countTokens(request, context)).rejects.toMatchObject({ code })
  })

  it('counts under the terms of the route, and tells nothing of what is not part of the prompt', async () => {
    const { provider, seen } = await serve(answerJson({ input_tokens: 12 }))
    const approximated: string[] = []
    const translation = {
      approximations: 'allow' as const,
      approximated: (field: string): void => void approximated.push(field),
    }
    const named = { ...request, seed: 1, choices: 2, temperature: 2, reasoningTokens: 20_000 }
    await provider.countTokens(named, { ...context, translation })
    expect(approximated).toEqual([])
    expect(seen[0]?.body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      thinking: { type: 'enabled', budget_tokens: 20_000 },
    })
    const messages = [{ role: 'user' as const, name: 'ann', content: request.messages[0]?.content ?? [] }]
    await provider.countTokens({ ...request, messages }, { ...context, translation })
    expect(approximated).toEqual(['messages[0].name'])
    const forbidding = { ...context, translation: { ...translation, approximations: 'refuse' as const } }
    await expect(provider.countTokens({ ...request, messages }, forbidding)).rejects.toMatchObject({
      code: 'unsupported',
      details: { field: 'messages[0].name' },
    })
  })

  it('sends the betas of Anthropic’s clients under any name, and refuses what is no name', async () => {
    const { provider, seen } = await serve(answerJson(messageOf('m')), { name: 'eu' })
    await provider.chat(
      { ...request, options: { anthropic: { betas: ['a-1'] }, eu: { betas: ['b-2'] } } },
      context,
    )
    expect(seen[0]?.headers['anthropic-beta']).toBe('a-1,b-2')
    const options = { eu: { betas: ['b-2', 'bad\r\nheader: x'] } }
    await expect(provider.chat({ ...request, options }, context)).rejects.toMatchObject({
      code: 'bad-request',
      details: { field: 'options.eu.betas[1]' },
    })
    expect(() => anthropic({ betas: ['a b'] })).toThrow('betas has "a b"')
  })

  it('refuses by name what the vendor cannot be told, and sends nothing', async () => {
    const { provider, seen } = await serve(answerJson(messageOf('m')))
    await expect(provider.chat({ ...request, choices: 2 }, context)).rejects.toMatchObject({
      code: 'unsupported',
      details: { field: 'choices' },
    })
    const told: unknown[] = []
    const translation = {
      approximations: 'refuse' as const,
      approximated: (field: string, what: string) => void told.push([field, what]),
    }
    const seeded = { ...request, maxOutputTokens: 9, seed: 1 }
    await expect(provider.chat(seeded, { ...context, translation })).rejects.toMatchObject({
      code: 'unsupported',
      details: { field: 'seed' },
    })
    expect(seen).toEqual([])
    await provider.chat(seeded, { ...context, translation: { ...translation, approximations: 'allow' } })
    expect(told).toEqual([['seed', 'left out']])
  })

  it('leaves out how to sample for models that refuse it, and tells so', async () => {
    const { provider, seen } = await serve(answerJson(messageOf('m')), {
      sampling: (model) => model !== 'new',
    })
    const told: string[] = []
    const translation = {
      approximations: 'allow' as const,
      approximated: (field: string) => void told.push(field),
    }
    const warm = { ...request, maxOutputTokens: 9, temperature: 0.5, topP: 0.9, topK: 4 }
    await provider.chat({ ...warm, model: 'old' }, { ...context, translation })
    expect(told).toEqual([])
    expect(seen[0]?.body).toMatchObject({ temperature: 0.5, top_p: 0.9, top_k: 4 })
    await provider.chat({ ...warm, model: 'new' }, { ...context, translation })
    expect(told).toEqual(['temperature', 'topP', 'topK'])
    expect(Object.keys(seen[1]?.body ?? {})).toEqual(['model', 'messages', 'max_tokens'])
  })

  it('tells others where to send a chat, with its credentials', async () => {
    const { provider } = await serve(answerJson({}), { apiKey: secretOf('k'), headers: { 'x-team': 't' } })
    const call = { operation: 'chat', model: 'm', streamed: false } as const
    expect(await provider.target(call, context)).toMatchObject({
      method: 'POST',
      url: `${provider.address}/v1/messages`,
      headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01', 'x-team': 't' },
    })
    await expect(provider.target({ ...call, operation: 'embed' }, context)).rejects.toMatchObject({
      code: 'unsupported',
    })
  })

  it('takes no limit that is none, and calls the vendor by default', async () => {
    expect(() => anthropic({ maxTokens: 0 })).toThrow(/maxTokens is 0/)
    const provider = anthropic()
    expect([provider.name, provider.address]).toEqual(['anthropic', 'https://api.anthropic.com'])
    await provider.close()
  })
})
