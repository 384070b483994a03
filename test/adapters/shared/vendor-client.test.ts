import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import { type ModelspineError, secretOf } from 'modelspine/adapter'
import type { Dispatcher } from 'undici'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import {
  createVendorClient,
  path,
  type VendorClient,
  type VendorConnection,
  type VendorWords,
} from '../../../adapters/shared/vendor-client.ts'
import { type Loopback, serveLoopback } from '../../loopback.ts'

interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const words: VendorWords = { vendor: 'Acme', unavailable: 'registry-unavailable' }
const secret = 's3cret/Token+with=signs'

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  ends = []
})

async function scene(
  replies: readonly Reply[],
  options: Partial<VendorConnection> = {},
  own: Partial<VendorWords> = {},
): Promise<{ client: VendorClient; asked: { request: IncomingMessage; body: string }[]; server: Loopback }> {
  const asked: { request: IncomingMessage; body: string }[] = []
  const server = await serveLoopback((request, body, response) => {
    const { status = 200, headers = {}, body: answer = '{}' } = replies[asked.length] ?? replies.at(-1) ?? {}
    asked.push({ request, body: body.toString() })
    response.writeHead(status, headers).end(answer)
  })
  const client = createVendorClient({ baseUrl: server.url, ...options }, { ...words, ...own })
  ends.push(server.close, client.close)
  return { client, asked, server }
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    () => expect.unreachable('the call did not fail'),
    (error: ModelspineError) => error,
  )
}

function shownIn(error: ModelspineError): string {
  return `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack}`
}

const get = { method: 'GET', path: '/x' } as const
const post = { method: 'POST', path: '/x', body: { a: 1 } } as const

describe('a client of a vendor', () => {
  it('sends query, JSON and headers, and asks for the credentials before each request', async () => {
    let asks = 0
    const token = () => {
      asks += 1
      return secretOf(`token-${asks}`)
    }
    const { client, asked } = await scene([], { token, headers: { 'x-tenant': 'one' } })
    await client.call({ ...post, query: { q: 'a&b=c', none: undefined, n: 3 }, headers: { 'x-own': '2' } })
    await client.call(get)
    const [first, second] = asked
    expect(first?.request.url).toBe('/x?q=a%26b%3Dc&n=3')
    expect(first?.body).toBe('{"a":1}')
    expect(first?.request.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'content-type': 'application/json',
      'x-tenant': 'one',
      'x-own': '2',
    })
    expect(second?.request.headers.authorization).toBe('Bearer token-2')
    expect(second?.request.headers['content-type']).toBeUndefined()
  })

  it('sends user and password', async () => {
    const { client, asked } = await scene([], { basic: { user: 'ann', password: () => secretOf('pw') } })
    await client.call(get)
    const sent = asked[0]?.request.headers.authorization ?? ''
    expect(Buffer.from(sent.slice('Basic '.length), 'base64').toString()).toBe('ann:pw')
  })

  it('reads an answer by a schema, and names the field that does not fit', async () => {
    const { client } = await scene([{ body: '{"a":{"b":1},"new":2}' }, { body: '{"a":{}}' }, { body: 'no' }])
    const schema = z.object({ a: z.object({ b: z.number() }) })
    expect(await client.read(schema, get)).toEqual({ a: { b: 1 } })
    const wrong = await failureOf(client.read(schema, get))
    expect(wrong).toMatchObject({ code: 'registry-unavailable', details: { field: 'a.b' } })
    expect((await failureOf(client.read(schema, get))).message).toContain('not JSON')
  })

  it('repeats what may be repeated, and nothing else', async () => {
    const { client, asked } = await scene([{ status: 503 }, {}, { status: 503 }, {}, { status: 503 }, {}])
    expect((await client.call(get)).status).toBe(200)
    await expect(client.call(post)).rejects.toMatchObject({ code: 'registry-unavailable', retryable: true })
    expect(asked).toHaveLength(3)
    await client.call(get)
    expect((await client.call({ ...post, repeatable: true })).status).toBe(200)
    expect(asked).toHaveLength(6)
  })

  it.each([
    [401, 'auth', false],
    [403, 'auth', false],
    [400, 'registry-unavailable', false],
    [429, 'registry-unavailable', true],
    [500, 'registry-unavailable', true],
  ])('reads %d as %s', async (status, code, retryable) => {
    const { client } = await scene([{ status, body: 'the reason' }])
    const error = await failureOf(client.call(post))
    expect(error).toMatchObject({ code, retryable, details: { status } })
    expect(error.message).toContain('the reason')
  })

  it('tells how long the vendor wants to be left alone, also when the adapter says what that means', async () => {
    const replies = [{ status: 429, headers: { 'retry-after': '7' } }]
    const { client } = await scene(replies)
    expect(await failureOf(client.call(post))).toMatchObject({ retryAfterMs: 7000 })
    const meaning = () => ({ code: 'rate-limited', message: 'slowly' }) as const
    const { client: other } = await scene(replies, {}, { meaning })
    expect(await failureOf(other.call(post))).toMatchObject({ code: 'rate-limited', retryAfterMs: 7000 })
  })

  it('sends again, later, what was turned away as one of too many, unless it is told how long to wait', async () => {
    const tooMany = { status: 400, body: 'too many' }
    const turnedAway = (reply: { readonly status: number }) => reply.status === 400
    const { client, asked } = await scene([tooMany, tooMany, {}], {}, { turnedAway })
    const begunMs = performance.now()
    expect((await client.call(post)).status).toBe(200)
    expect(asked).toHaveLength(3)
    // A tenth of the time: see quick-pace.ts.
    expect(performance.now() - begunMs).toBeGreaterThan(50)
    const told = { ...tooMany, headers: { 'retry-after': '7' } }
    const { client: other, asked: askedOther } = await scene([told], {}, { turnedAway })
    expect(await failureOf(other.call(post))).toMatchObject({ retryAfterMs: 7000 })
    expect(askedOther).toHaveLength(1)
    const { client: once, asked: askedOnce } = await scene([tooMany], {}, { turnedAway, oneAttempt: true })
    await failureOf(once.call(post))
    expect(askedOnce).toHaveLength(1)
  })

  it('learns that more is taken from what is refused for another reason, too', async () => {
    const statuses = [400, ...Array.from({ length: 40 }, () => 404)]
    const atMs: number[] = []
    const dispatcher = {
      dispatch(_request: unknown, handler: Dispatcher.DispatchHandler) {
        atMs.push(performance.now())
        handler.onResponseStart?.({} as never, statuses.shift() ?? 404, {}, '')
        handler.onResponseEnd?.({} as never, {})
        return true
      },
    }
    const turnedAway = (reply: { readonly status: number }) => reply.status === 400
    const client = createVendorClient(
      { baseUrl: 'http://127.0.0.1:1', dispatcher: dispatcher as never },
      { ...words, turnedAway },
    )
    vi.useFakeTimers()
    try {
      const calls = Array.from({ length: 40 }, () => async () => failureOf(client.call(get)))
      const all = (async () => {
        for (const call of calls) await call()
      })()
      await vi.advanceTimersByTimeAsync(20_000)
      await all
    } finally {
      vi.useRealTimers()
    }
    const waits = atMs.slice(1).map((at, place) => at - (atMs[place] ?? 0))
    expect(waits[0]).toBeGreaterThanOrEqual(25)
    expect(waits.at(-1)).toBe(0)
  })

  it('gives up on what is turned away again and again', async () => {
    const { client, asked } = await scene(
      Array.from({ length: 9 }, () => ({ status: 400 })),
      {},
      { turnedAway: () => true },
    )
    expect((await failureOf(client.call(get))).message).toContain('400')
    expect(asked).toHaveLength(4)
  })

  it('sends bytes as they are', async () => {
    const { client, asked } = await scene([])
    await client.call({ ...post, body: Buffer.from('{"raw":'), headers: { 'content-type': 'text/csv' } })
    expect(asked[0]).toMatchObject({ body: '{"raw":', request: { headers: { 'content-type': 'text/csv' } } })
  })

  it('asks the authority of a call for its headers, and after each refusal whether to send it again', async () => {
    const server = await serveLoopback((request, _body, response) => {
      const { 'x-key': key } = request.headers
      response.writeHead(key === 'third' ? 200 : 401).end(`not ${key}`)
    })
    const given = ['first', 'second', 'third']
    const authority = () => ({
      authorize: async () => {
        const key = given.shift() ?? ''
        return { headers: { 'x-key': key }, secrets: [key] }
      },
      again: async () => given.length > 0,
    })
    const client = createVendorClient({ baseUrl: server.url }, words, authority)
    ends.push(server.close, client.close)
    expect((await client.call(post)).status).toBe(200)
    given.push('fourth', 'fifth')
    const error = await failureOf(client.call(post))
    expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('not [secret]') })
    expect(shownIn(error)).not.toMatch(/fourth|fifth/)
  })

  it('sends each call once for a provider, and keeps what the HTTP client says', async () => {
    const own = { unavailable: 'unavailable', oneAttempt: true } as const
    const { client, asked } = await scene([{ status: 503 }, { body: 'no' }], {}, own)
    expect(await failureOf(client.call(get))).toMatchObject({ code: 'unavailable', retryable: true })
    expect(await failureOf(client.read(z.object({}), get))).toMatchObject({ code: 'malformed-reply' })
    expect(asked).toHaveLength(2)
    const slow = await serveLoopback(() => {})
    const waiting = createVendorClient({ baseUrl: slow.url, timeoutMs: 50 }, { ...words, ...own })
    ends.push(slow.close, waiting.close)
    expect((await failureOf(waiting.call(get))).code).toBe('timeout')
  })

  it('sends again what may be repeated when its connection was closed meanwhile, and no change', async () => {
    const own = { unavailable: 'unavailable', oneAttempt: true } as const
    const asked: string[] = []
    const used = new WeakSet<object>()
    // Answers the first request of each connection, and closes the connection at the second.
    const server = await serveLoopback((request, _body, response) => {
      asked.push(request.method ?? '')
      if (used.has(request.socket)) request.socket.destroy()
      else response.end('{}')
      used.add(request.socket)
    })
    const client = createVendorClient({ baseUrl: server.url, connections: 1 }, { ...words, ...own })
    ends.push(server.close, client.close)
    await client.call(get)
    await client.call(get)
    await client.call({ ...post, repeatable: true })
    expect(await failureOf(client.call(post))).toMatchObject({
      code: 'unavailable',
      details: { phase: 'sent' },
    })
    const stream = await client.stream({ ...post, repeatable: true })
    for await (const _chunk of stream.chunks);
    expect(asked).toEqual(['GET', 'GET', 'GET', 'POST', 'POST', 'POST', 'POST'])
  })

  it('says that a credential cannot be sent, and does not try', async () => {
    const { client, asked } = await scene([{}], { token: () => secretOf(`${secret}\n`) })
    const error = await failureOf(client.call(get))
    expect(error).toMatchObject({ code: 'auth', retryable: false, details: { field: 'authorization' } })
    expect(shownIn(error)).not.toContain(secret)
    expect(asked).toEqual([])
  })

  it('says whether the end of a stream can be told from a broken connection', async () => {
    const { client } = await scene([{ body: 'text' }])
    const stream = await client.stream(get)
    expect(stream.delimited).toBe(true)
    for await (const chunk of stream.chunks) expect(Buffer.from(chunk).toString()).toBe('text')
  })

  it('asks the adapter what an answer means, with the vendor’s own message', async () => {
    const { client } = await scene(
      [{ status: 404, body: '{"message":"gone"}' }],
      {},
      {
        said: (reply) => (reply.json() as { message: string }).message,
        meaning: ({ status }, said) =>
          status === 404 ? { code: 'model-not-found', message: said } : undefined,
      },
    )
    const error = await failureOf(client.call(get))
    expect(error).toMatchObject({ code: 'model-not-found', message: 'gone', details: { status: 404 } })
  })

  it('lets the adapter say that a meaning is not worth another try', async () => {
    const meaning = () => ({ code: 'metric-error', message: 'no', retryable: false }) as const
    const { client } = await scene([{ status: 503 }], {}, { meaning })
    expect(await failureOf(client.call(post))).toMatchObject({ code: 'metric-error', retryable: false })
  })

  it('shows no page that was made for browsers', async () => {
    const { client } = await scene([{ status: 400, body: '<!doctype html><p>Bad Request' }])
    expect((await failureOf(client.call(post))).message).toMatch(/answered 400$/)
  })

  it('shows no beginning of a secret where a long answer is cut', async () => {
    for (const length of [40, 9000]) {
      const long = secret.repeat(length / 20).slice(0, length)
      for (const before of [480, 7980]) {
        const body = `${'word '.repeat(before / 5)}${`${long} `.repeat(40)}`
        const { client } = await scene([{ status: 400, body }], { token: () => secretOf(long) })
        expect(shownIn(await failureOf(client.call(post)))).not.toContain(secret.slice(0, 4))
      }
    }
  })

  it('shows no secret in what the adapter says of an answer', async () => {
    const meaning: VendorWords['meaning'] = (reply) => {
      const { message } = reply.json() as { message: string }
      return { code: 'model-not-found', message, details: { message } }
    }
    const token = () => secretOf(secret)
    const { client } = await scene(
      [{ status: 404, body: JSON.stringify({ message: secret }) }],
      { token },
      { meaning },
    )
    const error = await failureOf(client.call(get))
    expect(error).toMatchObject({ code: 'model-not-found', message: '[secret]' })
    expect(error.details).toEqual({ status: 404, message: '[secret]' })
  })

  it('shows no secret in the name of a field, and nothing of an answer that is not JSON', async () => {
    const keyed = { body: JSON.stringify({ [secret]: 1 }) }
    const token = () => secretOf(secret)
    const { client } = await scene([keyed, keyed, { body: secret }], { token })
    const [closed, open] = [z.strictObject({}), z.record(z.string(), z.string())]
    for (const schema of [closed, open, closed]) {
      const shown = shownIn(await failureOf(client.read(schema, get)))
      for (let at = 0; at + 6 <= secret.length; at += 1) expect(shown).not.toContain(secret.slice(at, at + 6))
    }
  })

  it('follows no redirect', async () => {
    const other = await scene([])
    const headers = { location: `${other.server.url}/y?token=${encodeURIComponent(secret)}` }
    const { client } = await scene([{ status: 307, headers }], { token: () => secretOf(secret) })
    const error = await failureOf(client.call(get))
    expect(error).toMatchObject({ code: 'registry-unavailable', retryable: false })
    expect(error.message).toContain(`points to ${other.server.url}`)
    expect(error.message).not.toContain(encodeURIComponent(secret))
    expect(other.asked).toHaveLength(0)
  })

  it('shows no credentials of the address that a redirect points to', async () => {
    const location = 'https://ann:pw@bucket.test/model?X-Amz-Signature=abc&sig=def#ghi'
    const { client } = await scene([{ status: 307, headers: { location } }])
    const { message } = await failureOf(client.call(get))
    expect(message).toContain('points to https://[secret]@bucket.test/model:')
  })

  it('sends a list as one member of the query for each text', async () => {
    const { client, asked } = await scene([])
    await client.call({ ...get, query: { order: ['a ASC', 'b DESC'], none: [] } })
    expect(asked[0]?.request.url).toBe('/x?order=a+ASC&order=b+DESC')
  })

  it('gives a body of any size piece by piece', async () => {
    const body = 'x'.repeat(200_000)
    const { client, asked } = await scene([{ body, headers: { etag: 'one' } }], {
      maxReplyBytes: 100,
      token: () => secretOf(secret),
    })
    const stream = await client.stream(get)
    expect(stream.header('etag')).toBe('one')
    let size = 0
    for await (const chunk of stream.chunks) size += chunk.byteLength
    expect(size).toBe(body.length)
    expect(asked[0]?.request.headers.authorization).toBe(`Bearer ${secret}`)
  })

  it('waits for the next piece of a stream as long as the request says', async () => {
    const pausing = await serveLoopback((_request, _body, response) => {
      response.write('one')
      setTimeout(() => response.end('two'), 600)
    })
    const client = createVendorClient({ baseUrl: pausing.url, timeoutMs: 100 }, words)
    ends.push(pausing.close, client.close)
    const read = async (idleMs?: number): Promise<string> => {
      let text = ''
      const { chunks } = await client.stream({ ...get, ...(idleMs !== undefined && { idleMs }) })
      for await (const chunk of chunks) text += Buffer.from(chunk)
      return text
    }
    const [failure, whole] = await Promise.all([failureOf(read()), read(60_000)])
    expect(failure).toMatchObject({ code: 'registry-unavailable', retryable: true })
    expect(whole).toBe('onetwo')
  })

  it('throws for a stream what it throws for a call', async () => {
    const { client, asked } = await scene([{ status: 403, body: `no ${secret}` }], {
      token: () => secretOf(secret),
    })
    const refused = await failureOf(client.stream(get))
    expect(refused).toMatchObject({ code: 'auth', details: { status: 403 } })
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain(secret)
    expect(asked).toHaveLength(1)
    const cut = await serveLoopback((_request, _body, response) => {
      response.writeHead(200, { 'content-length': '9' })
      response.write('part', () => response.socket?.destroy())
    })
    const cutClient = createVendorClient({ baseUrl: cut.url }, words)
    ends.push(cut.close, cutClient.close)
    const { chunks } = await cutClient.stream(get)
    const read = (async () => {
      for await (const _ of chunks);
    })()
    expect(await failureOf(read)).toMatchObject({ code: 'registry-unavailable', retryable: true })
  })

  it('says in which phase a call failed that got no answer', async () => {
    const { client, server } = await scene([])
    await server.close()
    const error = await failureOf(client.call(post))
    expect(error).toMatchObject({ code: 'registry-unavailable', details: { phase: 'connecting' } })
  })

  it('ends an aborted call, and one that takes too long', async () => {
    const { client } = await scene([])
    const abortSignal = AbortSignal.abort(new Error('enough'))
    await expect(client.call({ ...get, abortSignal })).rejects.toMatchObject({ code: 'aborted' })
    const silent = await serveLoopback(() => {})
    const slow = createVendorClient({ baseUrl: silent.url, timeoutMs: 50 }, words)
    ends.push(silent.close, slow.close)
    const late = [slow.call(post), slow.call({ ...post, timeoutMs: 20 })].map(failureOf)
    for (const failure of await Promise.all(late))
      expect(failure).toMatchObject({ code: 'registry-unavailable', retryable: true })
  })

  it('takes no answer that is too large', async () => {
    const { client } = await scene([{ body: 'x'.repeat(200) }], { maxReplyBytes: 100 })
    expect(await failureOf(client.call(post))).toMatchObject({
      code: 'registry-unavailable',
      details: { phase: 'answering' },
    })
  })

  it.each([
    ['an error of the vendor', { status: 500 }],
    ['a refusal', { status: 403 }],
    ['a redirect', { status: 302 }],
    ['an answer in an unknown form', { status: 200 }],
  ])('shows no secret in %s', async (_what, { status }) => {
    const small = encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase())
    const echoed = [
      secret,
      encodeURIComponent(secret),
      small,
      Buffer.from(`ann:${secret}`).toString('base64'),
    ]
    const body = JSON.stringify({ echoed })
    const headers = { location: `http://x/?t=${encodeURIComponent(secret)}`, 'x-key': secret }
    for (const options of [
      { token: () => secretOf(secret) },
      { basic: { user: 'ann', password: () => secretOf(secret) } },
      { headers: { 'x-api-key': secret } },
    ]) {
      const { client } = await scene([{ status, headers, body }], options)
      const error = await failureOf(client.read(z.object({ a: z.string() }), post))
      const shown = shownIn(error)
      const known = 'basic' in options ? echoed : echoed.slice(0, 3)
      for (const spelling of known) expect(shown).not.toContain(spelling)
    }
  })

  it('passes on what the source of the secret throws', async () => {
    const token = () => Promise.reject(new Error('the vault is closed'))
    const { client, asked } = await scene([], { token })
    expect((await failureOf(client.call(get))).message).toBe('the vault is closed')
    expect(asked).toHaveLength(0)
  })

  it('waits for the source of the secret no longer than for the vendor', async () => {
    const hanging = () => new Promise<never>(() => {})
    for (const options of [{ token: hanging }, { basic: { user: 'ann', password: hanging } }]) {
      const { client, asked } = await scene([], { ...options, timeoutMs: 40 })
      for (const request of [post, { ...post, timeoutMs: 20 }]) {
        expect(await failureOf(client.call(request))).toMatchObject({
          code: 'registry-unavailable',
          retryable: true,
          details: { phase: 'connecting' },
        })
      }
      expect(asked).toHaveLength(0)
    }
  })

  it('ends the wait for the source of the secret when the caller aborts', async () => {
    let asks = 0
    const token = () => {
      asks += 1
      return new Promise<never>(() => {})
    }
    const { client } = await scene([], { token })
    const caller = new AbortController()
    const call = failureOf(client.call({ ...get, abortSignal: caller.signal }))
    caller.abort(new Error('enough'))
    expect(await call).toMatchObject({ code: 'aborted' })
    expect(await failureOf(client.call({ ...get, abortSignal: caller.signal }))).toMatchObject({
      code: 'aborted',
    })
    expect(asks).toBe(1)
  })

  it('refuses two kinds of credentials', () => {
    const both = { token: () => secretOf('t'), basic: { user: 'u', password: () => secretOf('p') } }
    expect(() => createVendorClient({ baseUrl: 'http://a', ...both }, words)).toThrow('both given')
  })
})

describe('path', () => {
  it('makes one segment of each name', () => {
    expect(path`/models/${'a/b?c#d e%2f'}/versions/${'ü'}`).toBe(
      '/models/a%2Fb%3Fc%23d%20e%252f/versions/%C3%BC',
    )
  })

  it.each(['', '.', '..'])('refuses "%s", which would change the address', (name) => {
    expect(() => path`/models/${name}`).toThrow('cannot be a part of an address')
  })
})
