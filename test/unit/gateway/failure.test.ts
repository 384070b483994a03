import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { openInferenceProvider } from '../../../adapters/open-inference/index.ts'
import { openaiCompatible } from '../../../adapters/openai-compatible/index.ts'
import { type ErrorCode, errorCodes, ModelspineError } from '../../../src/errors.ts'
import { failureAnswer, failureTeller } from '../../../src/gateway/failure.ts'
import { openaiErrorBody } from '../../../src/gateway/openai-errors.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import { secretOf } from '../../../src/security/secret.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'
import { route, vendor } from '../routing/scenario.ts'
import { gatewayWorld, type Upstream, upstream } from './gateway-world.ts'

let clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear.reverse()) await end()
  clear = []
})

const answerTo = (error: unknown, log = silentLogger) =>
  failureAnswer(error, failureTeller(log)(error, 'r-1'), {
    find: () => undefined,
    errorBody: openaiErrorBody,
  })

/** Whether a client sends the request again, as its sources say. */
const clients: Readonly<
  Record<string, (status: number, headers: Record<string, unknown>, code: string) => boolean>
> = {
  // openai-node, `shouldRetry`, and openai-python, `_should_retry`.
  openai: (status, { 'x-should-retry': told }) =>
    told === 'true' || (told !== 'false' && ([408, 409, 429].includes(status) || status >= 500)),
  // vercel/ai, `APICallError`.
  'AI SDK': (status) => [408, 409, 429].includes(status) || status >= 500,
  // langchainjs, `defaultFailedAttemptHandler` of 1.4.
  LangChain: (status, { 'retry-after': waitSeconds }, code) =>
    ![400, 401, 402, 403, 404, 405, 406, 407, 409, 413].includes(status) &&
    code !== 'insufficient_quota' &&
    (status !== 429 || Number(waitSeconds) <= 60),
}

const table: readonly (readonly [code: ErrorCode, status: number, retry: boolean, word: string])[] = [
  ['bad-request', 400, false, 'bad-request'],
  ['context-length', 400, false, 'context_length_exceeded'],
  ['content-filter', 400, false, 'content_filter'],
  ['unsupported', 400, false, 'unsupported'],
  ['unauthenticated', 401, false, 'invalid_api_key'],
  ['quota', 402, false, 'insufficient_quota'],
  ['auth', 403, false, 'auth'],
  ['secret-not-found', 403, false, 'secret-not-found'],
  ['policy-denied', 403, false, 'policy-denied'],
  ['body-too-large', 413, false, 'body-too-large'],
  ['no-route', 404, false, 'model_not_found'],
  ['not-found', 404, false, 'model_not_found'],
  ['rate-limited', 429, true, 'rate_limit_exceeded'],
  ['interrupted', 502, true, 'interrupted'],
  ['malformed-reply', 502, true, 'malformed-reply'],
  ['no-backend', 503, true, 'no-backend'],
  ['not-ready', 503, true, 'not-ready'],
  ['overloaded', 503, true, 'overloaded'],
  ['policy-error', 503, true, 'policy-error'],
  ['secret-unavailable', 503, true, 'secret-unavailable'],
  ['stopped', 503, true, 'stopped'],
  ['unavailable', 503, true, 'unavailable'],
  ['timeout', 504, true, 'timeout'],
]

describe('an error', () => {
  it.each(table)(
    'with the code %s is a %i, and clients send the request again: %s',
    (code, status, retry, word) => {
      const {
        headers,
        body,
        status: given,
      } = answerTo(new ModelspineError(code, 'at http://10.0.0.1/x', { retryAfterMs: 100 }))
      expect([given, JSON.parse(String(body)).error.code]).toEqual([status, word])
      for (const [client, sendsAgain] of Object.entries(clients)) {
        expect([client, sendsAgain(status, headers, word)]).toEqual([client, retry])
      }
    },
  )

  it('that an answer of the upstream would cause again is a 406, which no client repeats', () => {
    const { headers, status } = answerTo(
      new ModelspineError('malformed-reply', 'too large', { retryable: false }),
    )
    expect(status).toBe(406)
    for (const sendsAgain of Object.values(clients)) expect(sendsAgain(status, headers, '')).toBe(false)
  })

  it('has the status that docs/gateway.md says', () => {
    const page = readFileSync(new URL('../../../docs/gateway.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| (\d{3}) \| (.*) \|$/gm)]
    const said = rows.flatMap(([, status, text = '']) => {
      const words = [...text.matchAll(/`([a-z-]+)`/g)].map(([, word]) => word)
      const codes = words.filter((word) => errorCodes.some((code) => code === word))
      return codes.map((code) => `${code} ${status}`)
    })
    const given = table.map(([code, status]) => `${code} ${status}`)
    expect(said.sort()).toEqual([...given, 'malformed-reply 406'].sort())
  })

  it('with any other code is a 500 that says nothing', () => {
    const known = [...table.map(([code]) => code), 'aborted']
    for (const code of errorCodes.filter((each) => !known.includes(each))) {
      const { status, body } = answerTo(new ModelspineError(code, 'sqlite at /var/lib/x'))
      expect([code, status, JSON.parse(String(body)).error.message]).toEqual([
        code,
        500,
        'the gateway failed',
      ])
    }
  })

  it('tells the words of an upstream only where they say what is wrong with the request', () => {
    const words = 'no host at http://10.0.0.1/x?key=abc'
    const said = table.filter(([code]) => {
      const { body } = answerTo(new ModelspineError(code, words))
      expect(body).not.toContain('abc')
      return String(body).includes('10.0.0.1')
    })
    expect(said.map(([code]) => code)).toEqual([
      'bad-request',
      'context-length',
      'content-filter',
      'unsupported',
      'unauthenticated',
      'policy-denied',
      'body-too-large',
      'no-route',
      'rate-limited',
      'no-backend',
      'stopped',
    ])
  })

  it('tells the words of a vendor without credentials and not without end, whichever provider read them', () => {
    const spoken = (word: string) => `${word} Bearer abcdef0123 ${'x'.repeat(20_000)}`
    const details = { code: spoken('code'), type: spoken('type'), field: spoken('field') }
    const { error } = JSON.parse(String(answerTo(new ModelspineError('bad-request', 'no', { details })).body))
    for (const told of [error.code, error.type, error.param]) {
      expect(told).toMatch(/^\w+ Bearer \[secret\] x+$/)
      expect(told.length).toBe(200)
    }
  })

  it('is told to the log with its words and those of its cause, without credentials', () => {
    const lines: unknown[] = []
    const write = (fields: unknown, message: string): void => void lines.push([fields, message])
    const log = { ...silentLogger, warn: write, error: write }
    const cause = new Error('connect to postgres://svc:hunter2@db.internal/prod failed')
    answerTo(new ModelspineError('unavailable', 'provider own threw', { cause }), log)
    answerTo(cause, log)
    answerTo(new ModelspineError('bad-request', 'no'), log)
    const clean = 'connect to postgres://[secret]@db.internal/prod failed'
    expect(lines).toEqual([
      [
        { requestId: 'r-1', code: 'unavailable', error: 'provider own threw', cause: clean },
        'a request failed, and its caller was told only a part',
      ],
      [{ requestId: 'r-1', error: clean }, 'a request failed because of an error in the gateway'],
    ])
  })

  it('carries the wait and the limits of the vendor, and no other header', () => {
    const rateLimits = {
      'x-ratelimit-remaining-tokens': '0',
      'set-cookie': 'a=b',
      'ratelimit-x': 'a\r\nb: c',
    }
    const error = new ModelspineError('rate-limited', 'slow down', {
      retryAfterMs: 1200,
      details: { rateLimits },
    })
    expect(answerTo(error).headers).toEqual({
      'content-type': 'application/json',
      'retry-after': '2',
      'retry-after-ms': '1200',
      'x-ratelimit-remaining-tokens': '0',
      'x-should-retry': 'true',
    })
  })
})

describe('what a caller learns of an upstream', () => {
  const key = 'sk-live/abcdef+123'

  async function asked(
    options: { readonly baseUrl?: string; readonly apiKey?: string; readonly ask?: 'infer' },
    answer: Parameters<typeof upstream>[0] = (_body, response) => void response.end('{}'),
  ): Promise<{ readonly response: Response; readonly text: string; readonly backend: Upstream }> {
    const backend = await upstream(answer)
    const { baseUrl = backend.url, apiKey = key } = options
    const isInfer = options.ask === 'infer'
    const provider = isInfer
      ? openInferenceProvider({ baseUrl, headers: { 'ocp-apim-subscription-key': key } })
      : openaiCompatible({ baseUrl, apiKey: secretOf(apiKey) })
    const world = await gatewayWorld({
      routes: [route([vendor('a')], { operations: [isInfer ? 'infer' : 'chat'] }, { name: 'm' })],
      providers: { a: provider },
    })
    clear.push(
      backend.close,
      () => world.close(),
      () => provider.close(),
    )
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
    const response = await world.gateway.fetch(
      new Request(`http://gateway.test${isInfer ? '/v2/models/m/infer' : '/v1/chat/completions'}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    )
    return { response, text: await response.text(), backend }
  }

  it('is no address that refuses connections', async () => {
    const { response, text } = await asked({ baseUrl: 'http://127.0.0.1:9/internal/team-x' })
    expect([response.status, JSON.parse(text).error.message]).toEqual([503, 'the upstream cannot be reached'])
  })

  it.each([
    ['of JSON', 500, JSON.stringify({ error: { message: 'The server had an error' } })],
    ['of HTML', 502, '<html>Bad gateway at db.internal</html>'],
  ])('is that the upstream failed when it was reached, by an answer %s', async (_what, status, body) => {
    const { response, text } = await asked({}, (_body, answer) => {
      answer.writeHead(status, { 'content-type': 'text/html' }).end(body)
    })
    expect([response.status, JSON.parse(text).error.message]).toEqual([503, 'the upstream failed'])
  })

  it('is no key that ends in a line feed: the gateway is at fault, and no request was sent', async () => {
    const { response, text, backend } = await asked({ apiKey: `${key}\n` })
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([403, 'false'])
    expect(JSON.parse(text).error).toMatchObject({ code: 'auth', type: 'permission_error' })
    expect(backend.seen).toEqual([])
  })

  it('is no refusal of our key', async () => {
    const { response, text } = await asked({}, (_body, refusal) => {
      refusal.writeHead(401, { 'content-type': 'application/json' })
      refusal.end(
        JSON.stringify({ error: { message: `Incorrect key ${key} of org-42`, code: 'invalid_api_key' } }),
      )
    })
    expect(response.status).toBe(403)
    expect(text).not.toMatch(/org-42|sk-live|invalid_api_key/)
  })

  it.each([
    ['as it is', key],
    ['percent-encoded', encodeURIComponent(key)],
    ['percent-encoded in small letters', encodeURIComponent(key).toLowerCase()],
    ['in base64', Buffer.from(key).toString('base64')],
  ])('is its words for the request, without the key %s, and not without end', async (_how, spelled) => {
    const { response, text } = await asked({}, (_body, refusal) => {
      const error = {
        message: `key ${spelled} is not for this, see https://h/?sig=AAAA&a=1`,
        param: `p ${spelled}`,
        code: `c ${spelled}`,
        type: `t ${'x'.repeat(20_000)}`,
      }
      refusal.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
    })
    expect(response.status).toBe(400)
    expect(JSON.parse(text)).toEqual({
      error: {
        message: 'the vendor answered 400: key [secret] is not for this, see https://h/?sig=[secret]&a=1',
        param: 'p [secret]',
        code: 'c [secret]',
        type: `t ${'x'.repeat(198)}`,
      },
    })
  })

  it('is no credential of a header that only Azure knows', async () => {
    const { response, text } = await asked({ ask: 'infer' }, (_body, refusal) => {
      refusal.writeHead(400).end(JSON.stringify({ error: `no access with ${key}` }))
    })
    expect([response.status, text]).toEqual([
      400,
      '{"error":"the server answered 400: no access with [secret]"}',
    ])
  })

  it.each(['chat', 'infer'] as const)('is its code, its wait and its limits of rate, for %s', async (ask) => {
    const { response, text } = await asked(ask === 'infer' ? { ask } : {}, (_body, refusal) => {
      refusal.writeHead(429, {
        'content-type': 'application/json',
        'retry-after-ms': '1500',
        'x-ratelimit-remaining-requests': '0',
        'anthropic-ratelimit-tokens-reset': '2026-01-01T00:00:00Z',
        'x-internal-host': 'db.internal',
      })
      refusal.end(
        JSON.stringify({ error: { message: 'slow', code: 'tokens_per_min_exceeded', type: 'tokens' } }),
      )
    })
    const ours = /^(content-|x-request-id|x-modelspine-)/
    const told = Object.fromEntries([...response.headers].filter(([name]) => !ours.test(name)))
    expect(response.status).toBe(429)
    expect(told).toEqual({
      'anthropic-ratelimit-tokens-reset': '2026-01-01T00:00:00Z',
      'retry-after': '2',
      'retry-after-ms': '1500',
      'x-ratelimit-remaining-requests': '0',
      'x-should-retry': 'true',
    })
    if (ask === 'chat') {
      expect(JSON.parse(text).error).toMatchObject({ code: 'tokens_per_min_exceeded', type: 'tokens' })
    }
  })

  it('is nothing of an exception that a provider threw', async () => {
    const own = memoryProvider({
      name: 'own',
      chat: () => {
        throw new Error('connect to postgres://svc:hunter2@db.internal/prod failed')
      },
    })
    const world = await gatewayWorld({
      routes: [route([vendor('own')], { operations: ['chat'] }, { name: 'm' })],
      providers: { own },
    })
    clear.push(() => world.close())
    const response = await world.gateway.fetch(
      new Request('http://gateway.test/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] }),
      }),
    )
    expect([response.status, JSON.parse(await response.text()).error.message]).toEqual([
      503,
      'the upstream cannot be reached',
    ])
  })
})
