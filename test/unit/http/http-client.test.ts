import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import { Agent } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import type { ModelspineError } from '../../../src/errors.ts'
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../../src/http/http-client.ts'
import { type Loopback, serveLoopback } from '../../loopback.ts'

let clear: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of clear.reverse()) await end()
  clear = []
})

async function serve(
  handle: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void,
): Promise<Loopback> {
  const loopback = await serveLoopback(handle)
  clear.push(loopback.close)
  return loopback
}

function clientFor(baseUrl: string, options: Omit<HttpClientOptions, 'baseUrl'> = {}): HttpClient {
  const client = createHttpClient({ baseUrl, ...options })
  clear.push(client.close)
  return client
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    () => expect.unreachable('the call did not fail'),
    (error: ModelspineError) => error,
  )
}

describe('createHttpClient', () => {
  it('sends method, path, headers and body, and gives the answer as bytes, text and JSON', async () => {
    const { url } = await serve((request, body, response) => {
      response.writeHead(202, { 'x-made': ['a', 'b'], 'content-type': 'application/json' })
      const { method, url: path, headers } = request
      response.end(
        JSON.stringify({ method, path, body: body.toString(), seen: [headers['x-own'], headers['x-call']] }),
      )
    })
    const client = clientFor(`${url}/base/`, { headers: { 'x-own': '1', 'x-call': 'overridden' } })
    const reply = await client.request({
      method: 'PUT',
      path: '/a?b=c',
      headers: { 'x-call': '2' },
      body: 'hé',
    })
    expect(client.baseUrl).toBe(`${url}/base`)
    expect(reply.status).toBe(202)
    expect(reply.headers['x-made']).toEqual(['a', 'b'])
    expect(reply.header('x-made')).toBe('a')
    expect(reply.json()).toEqual({ method: 'PUT', path: '/base/a?b=c', body: 'hé', seen: ['1', '2'] })
    expect(reply.text()).toBe(Buffer.from(reply.bytes).toString())
  })

  it('joins an answer of many pieces, and gives an empty answer as empty', async () => {
    const big = Buffer.alloc(300_000, 'xy')
    const { url } = await serve((request, _body, response) => {
      if (request.url === '/empty') response.writeHead(204).end()
      else response.writeHead(200).end(big)
    })
    const client = clientFor(url)
    expect(Buffer.compare((await client.request({ method: 'GET', path: '/' })).bytes, big)).toBe(0)
    expect((await client.request({ method: 'GET', path: '/empty' })).bytes.byteLength).toBe(0)
  })

  it('accepts every status as an answer', async () => {
    const { url } = await serve((request, _body, response) => {
      response.writeHead(Number(request.url?.slice(1))).end()
    })
    const client = clientFor(url)
    for (const status of [301, 404, 429, 500, 503]) {
      expect((await client.request({ method: 'GET', path: `/${status}` })).status).toBe(status)
    }
  })

  it('throws malformed-reply when the caller asks for JSON and the answer is not JSON', async () => {
    const { url } = await serve((_request, _body, response) => void response.end('<html>'))
    const reply = await clientFor(url).request({ method: 'GET', path: '/' })
    expect(() => reply.json()).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
  })

  it.each([
    ['nonsense', 'baseUrl is not a URL'],
    ['ftp://host', 'baseUrl begins with "ftp:": write http: or https:'],
    ['models.example.com:5000', 'baseUrl begins with "models.example.com:": write http: or https:'],
    ['http://user:hidden-word@host', 'baseUrl contains credentials'],
    ['http://host/?key=1', 'baseUrl has a query'],
  ])('refuses the base URL %s', (baseUrl, message) => {
    const refusal = expect.objectContaining({
      code: 'invalid-options',
      message: expect.stringContaining(message),
    })
    expect(() => createHttpClient({ baseUrl })).toThrow(refusal)
    expect(() => createHttpClient({ baseUrl })).not.toThrow('hidden-word')
  })

  it.each([
    ['maxBodyBytes', Number.NaN, 'give a whole number above 0'],
    ['connectTimeoutMs', 0, 'give a whole number above 0'],
    ['headersTimeoutMs', Number.NaN, 'give a whole number, or 0 for none'],
    ['bodyTimeoutMs', -1, 'give a whole number, or 0 for none'],
  ])('refuses %s %d before any call', (field, value, right) => {
    const message = `${field} is ${value}: ${right}`
    expect(() => createHttpClient({ baseUrl: 'http://a', [field]: value })).toThrow(
      expect.objectContaining({ code: 'invalid-options', message }),
    )
    expect(() =>
      createHttpClient({ baseUrl: 'http://a', headersTimeoutMs: 0, bodyTimeoutMs: 0 }),
    ).not.toThrow()
  })

  it.each(['abc\n', 'a\r\nb: c', '\u2028'])(
    'refuses a header that cannot be sent, and does not show %j',
    (value) => {
      const create = (): unknown => createHttpClient({ baseUrl: 'http://a', headers: { 'api-key': value } })
      expect(create).toThrow(
        expect.objectContaining({
          code: 'invalid-options',
          message:
            'headers.api-key has a character that no header can have: is there a line feed at its end?',
        }),
      )
    },
  )

  it('uses the dispatcher that it is given, and leaves it open', async () => {
    const { url } = await serve((_request, _body, response) => void response.end('ok'))
    const agent = new Agent()
    clear.push(() => agent.close())
    let dispatched = 0
    const dispatcher = {
      dispatch: (options: never, handler: never) => {
        dispatched += 1
        return agent.dispatch(options, handler)
      },
    }
    const client = createHttpClient({ baseUrl: url, dispatcher })
    expect((await client.request({ method: 'GET', path: '/' })).text()).toBe('ok')
    await client.close()
    expect(dispatched).toBe(1)
    expect(agent.closed).toBe(false)
  })

  it('may be closed by several owners', async () => {
    const { url } = await serve((_request, _body, response) => response.end('x'))
    const client = createHttpClient({ baseUrl: url })
    await client.request({ method: 'GET', path: '/' })
    await Promise.all([client.close(), client.close()])
    await client.close()
  })

  it('lets running calls finish when it is closed, and refuses later calls', async () => {
    let answer = (): void => {}
    const { url, server } = await serve((_request, _body, response) => {
      answer = () => response.end('late')
    })
    const client = createHttpClient({ baseUrl: url })
    const call = client.request({ method: 'GET', path: '/' })
    await once(server, 'request')
    const closing = client.close()
    answer()
    expect((await call).text()).toBe('late')
    await closing
    expect(await failureOf(client.request({ method: 'GET', path: '/' }))).toMatchObject({
      code: 'unavailable',
      retryable: true,
      details: { phase: 'connecting' },
    })
  })
})

describe('a failed call', () => {
  it('is unavailable, with nothing sent, when the server does not listen', async () => {
    const { url, close } = await serveLoopback(() => {})
    await close()
    const failure = await failureOf(
      clientFor(url).request({ method: 'POST', path: '/x?token=abc', body: 'b' }),
    )
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: `POST ${url}/x: connection refused`,
      details: { phase: 'connecting', cause: 'ECONNREFUSED' },
    })
  })

  it('is unavailable when the connection breaks before an answer', async () => {
    const { url } = await serve((_request, _body, response) => void response.socket?.destroy())
    const failure = await failureOf(clientFor(url).request({ method: 'POST', path: '/', body: 'b' }))
    expect(failure).toMatchObject({ code: 'unavailable', details: { phase: 'sent' } })
  })

  it.each([
    ['of known length', { 'content-length': '100' }],
    ['in chunks', {}],
    ['in chunks on a connection that is to be closed', { connection: 'close' }],
    [
      'of known length on a connection that is to be closed',
      { 'content-length': '100', connection: 'close' },
    ],
  ])('is interrupted when the connection breaks during an answer %s', async (_how, headers) => {
    const { url } = await serve((_request, _body, response) => {
      response.writeHead(200, headers).write('half', () => response.socket?.end())
    })
    const client = clientFor(url)
    const failure = await failureOf(client.request({ method: 'GET', path: '/' }))
    expect(failure).toMatchObject({ code: 'interrupted', details: { phase: 'answering' } })
    const stream = await client.stream({ method: 'GET', path: '/' })
    expect(await failureOf(stream.whole())).toMatchObject({ code: 'interrupted' })
  })

  it('is a timeout when no answer begins in time', async () => {
    const { url } = await serve(() => {})
    const call = clientFor(url, { headersTimeoutMs: 20 }).request({ method: 'GET', path: '/' })
    expect(await failureOf(call)).toMatchObject({
      code: 'timeout',
      message: `GET ${url}/: no answer within the time limit`,
    })
  })

  it('is a timeout when an answer stops before its end', async () => {
    const { url } = await serve((_request, _body, response) => void response.writeHead(200).write('half'))
    const call = clientFor(url, { bodyTimeoutMs: 20 }).request({ method: 'GET', path: '/' })
    expect(await failureOf(call)).toMatchObject({ code: 'timeout' })
  })

  it.each([
    ['announces', { 'content-length': '2000' }],
    ['reaches', {}],
  ])('is a malformed reply without a retry when the answer %s too large a size', async (_how, headers) => {
    const { url, server } = await serve((_request, _body, response) => {
      response.writeHead(200, headers).write(Buffer.alloc(1500))
    })
    const gone = once(server, 'connection').then(([socket]) => once(socket, 'close'))
    const call = clientFor(url, { maxBodyBytes: 1000 }).request({ method: 'GET', path: '/' })
    expect(await failureOf(call)).toMatchObject({ code: 'malformed-reply', retryable: false })
    await gone
  })

  it('is a malformed reply when the server does not speak HTTP', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n')))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    clear.push(async () => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const failure = await failureOf(clientFor(url).request({ method: 'GET', path: '/' }))
    expect(failure.code).toBe('malformed-reply')
  })

  it('is a bad request when its headers cannot be sent', async () => {
    const { url } = await serve(() => {})
    const call = clientFor(url).request({ method: 'GET', path: '/', headers: { 'x-a': 'line\nbreak' } })
    expect(await failureOf(call)).toMatchObject({ code: 'bad-request' })
  })

  it('shows no credential in its error', async () => {
    const secret = 'sesame-0123456789'
    const dispatcher = {
      dispatch: () => {
        throw Object.assign(
          new Error(`cannot send Bearer ${secret} to http://me:${secret}@host?api_key=${secret}`),
          {
            headers: { authorization: secret },
          },
        )
      },
    }
    const client = clientFor('http://127.0.0.1:9', {
      dispatcher,
      headers: { authorization: `Bearer ${secret}` },
    })
    const failure = await failureOf(client.request({ method: 'GET', path: `/${secret}/?token=${secret}` }))
    expect(failure).toMatchObject({ code: 'unavailable', message: expect.stringContaining('/[secret]/:') })
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain(secret)
  })
})

describe('an aborted call', () => {
  it('makes no connection when its abortSignal has already fired', async () => {
    let connections = 0
    const { url, server } = await serve(() => {})
    server.on('connection', () => {
      connections += 1
    })
    const call = clientFor(url).request({ method: 'GET', path: '/', abortSignal: AbortSignal.abort() })
    expect((await failureOf(call)).code).toBe('aborted')
    expect(connections).toBe(0)
  })

  it('ends at once and closes its socket', async () => {
    const abort = new AbortController()
    const { url, server } = await serve(() => abort.abort(new Error('enough')))
    const gone = once(server, 'connection').then(([socket]) => once(socket, 'close'))
    const failure = await failureOf(
      clientFor(url).request({ method: 'GET', path: '/', abortSignal: abort.signal }),
    )
    expect(failure).toMatchObject({ code: 'aborted', cause: new Error('enough') })
    await gone
  })

  it('never reaches the server when it was waiting for a connection', async () => {
    const paths: (string | undefined)[] = []
    let answer = (): void => {}
    const { url, server } = await serve((request, _body, response) => {
      paths.push(request.url)
      answer = () => response.end()
    })
    const client = clientFor(url, { connections: 1 })
    const abort = new AbortController()
    const first = client.request({ method: 'GET', path: '/first' })
    await once(server, 'request')
    const second = failureOf(client.request({ method: 'GET', path: '/second', abortSignal: abort.signal }))
    abort.abort()
    expect((await second).code).toBe('aborted')
    answer()
    await first
    const third = client.request({ method: 'GET', path: '/third' })
    await once(server, 'request')
    answer()
    await third
    expect(paths).toEqual(['/first', '/third'])
  })

  it('leaves no listener on its abortSignal', async () => {
    const { url } = await serve((_request, _body, response) => void response.end('ok'))
    const { signal } = new AbortController()
    const listeners = new Set<unknown>()
    const add = signal.addEventListener.bind(signal)
    signal.addEventListener = (type: string, listener: never, options?: object) => {
      listeners.add(listener)
      add(type, listener, options)
    }
    const remove = signal.removeEventListener.bind(signal)
    signal.removeEventListener = (type: string, listener: never) => {
      listeners.delete(listener)
      remove(type, listener)
    }
    const client = clientFor(url)
    await client.request({ method: 'GET', path: '/', abortSignal: signal })
    await (await client.stream({ method: 'GET', path: '/', abortSignal: signal })).whole()
    expect(listeners.size).toBe(0)
  })
})
