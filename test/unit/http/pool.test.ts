import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { Agent } from 'undici'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { HttpRequest } from '../../../src/http/http-client.ts'
import type { HttpReply } from '../../../src/http/http-reply.ts'
import { answerOf, clientOf, serveRaw } from './raw-server.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
setFlagsFromString('--no-expose-gc')

const get = { method: 'GET', path: '/' } as const
const zipped = gzipSync('ok').toString('latin1')
const post = { method: 'POST', path: '/', body: 'b' } as const

describe('a connection that the server closed', () => {
  /** Answers the first request of a connection, and closes the connection at the second. */
  const closing = (close: (socket: Socket) => void) =>
    serveRaw((socket, _connection, request) => {
      if (request === 1) socket.write(answerOf('ok'))
      else close(socket)
    })

  it.each<[string, HttpRequest, (socket: Socket) => void]>([
    ['GET', get, (socket) => socket.destroy()],
    ['GET, by a reset', get, (socket) => socket.resetAndDestroy()],
    ['POST that may be sent again', { ...post, resend: true }, (socket) => socket.end()],
  ])('costs no %s', async (_what, request, close) => {
    const { url, sockets } = await closing(close)
    const client = clientOf(url, { connections: 1 })
    for (let round = 0; round < 4; round += 1) expect((await client.request(request)).text()).toBe('ok')
    for (const each of [await client.stream(request), await client.stream(request)]) await each.whole()
    expect(sockets.length).toBe(6)
  })

  it.each<[string, HttpRequest]>([
    ['POST', post],
    ['PUT', { ...post, method: 'PUT' }],
    ['DELETE', { method: 'DELETE', path: '/' }],
    ['GET that may not', { ...get, resend: false }],
  ])('fails a %s, which is not sent again', async (_what, request) => {
    const { url, sockets } = await closing((socket) => socket.destroy())
    const client = clientOf(url)
    await client.request(request)
    await expect(client.request(request)).rejects.toMatchObject({
      code: 'unavailable',
      details: { phase: 'sent' },
    })
    expect(sockets.length).toBe(1)
  })

  it('is no excuse for a new connection, nor after the first byte of an answer, nor a second time', async () => {
    const fresh = await serveRaw((socket) => socket.destroy())
    await expect(clientOf(fresh.url).request(get)).rejects.toMatchObject({ code: 'unavailable' })
    expect(fresh.sockets.length).toBe(1)

    for (const start of ['H', 'HTTP/1.1 100 Continue\r\n\r\n']) {
      const begun = await closing((socket) => socket.end(start))
      const client = clientOf(begun.url)
      await client.request(get)
      await expect(client.request(get)).rejects.toMatchObject({ details: { phase: 'sent' } })
      expect(begun.sockets.length).toBe(1)
    }

    const dying = await serveRaw((socket, connection, request) => {
      if (connection === 1 && request === 1) socket.write(answerOf('ok'))
      else socket.destroy()
    })
    const client = clientOf(dying.url)
    await client.request(get)
    await expect(client.request(get)).rejects.toMatchObject({ code: 'unavailable' })
    expect(dying.sockets.length).toBe(2)
  })

  it('is not used after an answer with which the server closes it', async () => {
    const { url, sockets } = await serveRaw((socket) =>
      socket.end(answerOf('ok', 'HTTP/1.1 200 OK\r\nconnection: close')),
    )
    const client = clientOf(url, { connections: 1 })
    const texts = await Promise.all([1, 2, 3].map(async () => (await client.request(post)).text()))
    expect(texts).toEqual(['ok', 'ok', 'ok'])
    expect(sockets.length).toBe(3)
  })
})

describe('a call that waits for a connection', () => {
  /** Answers when the test says so. */
  async function held(options: Parameters<typeof clientOf>[1]) {
    const pending: { readonly socket: Socket; readonly path: string }[] = []
    const server = await serveRaw((socket, _connection, _request, text) => {
      pending.push({ socket, path: text.split(' ')[1] ?? '' })
    })
    const answer = (): void => void pending.shift()?.socket.write(answerOf('ok'))
    return { client: clientOf(server.url, options), pending, answer, sockets: server.sockets }
  }

  it('is let go at once when it is aborted, with its body', async () => {
    const { client, pending, answer } = await held({ connections: 1 })
    const busy = client.request(get)
    await expect.poll(() => pending.length).toBe(1)
    const abort = new AbortController()
    // A function of its own, because a suspended one may keep what it no longer uses.
    const ask = (): [WeakRef<Uint8Array>, Promise<string>] => {
      const body = new Uint8Array(1000)
      const call = client.request({ ...post, body, abortSignal: abort.signal })
      return [new WeakRef(body), call.catch((error) => error.code)]
    }
    const [kept, failing] = ask()
    abort.abort()
    expect(await failing).toBe('aborted')
    await expect
      .poll(() => {
        collectGarbage()
        return kept.deref() === undefined
      })
      .toBe(true)
    answer()
    await busy
    expect(pending).toEqual([])
  })

  it('is sent in the order in which it came, in its own async context, on connections that are free', async () => {
    const { client, pending, answer, sockets } = await held({ connections: 2 })
    const store = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    const see = (): void => void seen.push(store.getStore())
    channel('undici:request:create').subscribe(see)
    onTestFinished(() => void channel('undici:request:create').unsubscribe(see))
    const calls = ['/1', '/2', '/3', '/4'].map((path) =>
      store.run(path, () => client.request({ method: 'GET', path })),
    )
    const paths: string[] = []
    for (let round = 0; round < 4; round += 1) {
      await expect.poll(() => pending.length).toBeGreaterThan(0)
      paths.push(pending[0]?.path ?? '')
      answer()
    }
    await Promise.all(calls)
    expect(paths.slice(2)).toEqual(['/3', '/4'])
    expect(seen).toEqual(['/1', '/2', '/3', '/4'])
    expect(sockets.length).toBe(2)
  })

  it('fails when too many wait, or when it waited too long', async () => {
    const { client, pending, answer } = await held({ connections: 1, maxWaiting: 1, waitTimeoutMs: 20 })
    const busy = client.request(get)
    await expect.poll(() => pending.length).toBe(1)
    const waiting = client.request(get).catch((error) => error)
    await expect(client.request(get)).rejects.toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('are busy, and 1 calls wait for one already'),
      details: { phase: 'connecting', connections: 1, waiting: 1 },
    })
    expect(await waiting).toMatchObject({
      code: 'overloaded',
      retryable: true,
      message: expect.stringContaining('none became free within 20 ms'),
    })
    answer()
    await busy
    const next = client.request(get)
    await expect.poll(() => pending.length).toBe(1)
    answer()
    expect((await next).status).toBe(200)
  })

  it('is by default one of 1,024, and waits for 10 s', async () => {
    const { client, pending } = await held({ connections: 1 })
    const abort = new AbortController()
    const ask = (): Promise<unknown> =>
      client.request({ ...get, abortSignal: abort.signal }).catch((error) => error)
    const calls = [ask()]
    await expect.poll(() => pending.length).toBe(1)
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timers.mockRestore())
    while (calls.length <= 1024) calls.push(ask())
    expect(timers.mock.calls.filter(([, ms]) => ms === 10_000)).toHaveLength(1024)
    expect(await ask()).toMatchObject({ code: 'overloaded', details: { waiting: 1024 } })
    abort.abort()
    for (const ended of await Promise.all(calls)) expect(ended).toMatchObject({ code: 'aborted' })
  })

  it('is sent before the client closes', async () => {
    const { client, pending, answer, sockets } = await held({ connections: 1 })
    const calls = [client.request(get), client.request(get)]
    await expect.poll(() => pending.length).toBe(1)
    const closing = client.close()
    answer()
    await expect.poll(() => pending.length).toBe(1)
    answer()
    for (const call of calls) expect((await call).text()).toBe('ok')
    await closing
    await expect.poll(() => sockets.every((socket) => socket.destroyed)).toBe(true)
  })

  it('gets the place of a call that was aborted, under way or before it was connected', async () => {
    const { client, pending, answer, sockets } = await held({ connections: 1 })
    for (const when of [0, 1]) {
      const abort = new AbortController()
      const first = client.request({ ...get, abortSignal: abort.signal }).catch((error) => error.code)
      const second = client.request({ ...get, path: '/second' })
      if (when === 1) await expect.poll(() => pending.length).toBe(1)
      abort.abort()
      expect(await first).toBe('aborted')
      await expect.poll(() => pending.at(-1)?.path).toBe('/second')
      pending.splice(0, pending.length - 1)
      answer()
      expect((await second).text()).toBe('ok')
    }
    expect(sockets.length).toBeLessThanOrEqual(4)
  })

  it('gets a connection that was made for a call that left', async () => {
    const { url, sockets } = await serveRaw((socket) => void socket.write(answerOf('ok')))
    await clientOf(url).request(get)
    const client = clientOf(url)
    const leaves = async (): Promise<void> => {
      const abort = new AbortController()
      const left = client.request({ ...post, abortSignal: abort.signal }).catch((error) => error.code)
      // undici is loaded by now. So the call connects, and leaves before it is connected.
      await new Promise((resolve) => process.nextTick(resolve))
      abort.abort()
      expect(await left).toBe('aborted')
    }
    for (let round = 0; round < 20; round += 1) await leaves()
    expect((await client.request(post)).text()).toBe('ok')
    expect(sockets.length).toBe(2)
  })

  it('is sent elsewhere when its connection was closed before any call used it', async () => {
    const { url, sockets } = await serveRaw((socket) => void socket.write(answerOf('ok')))
    const client = clientOf(url)
    await client.request(get)
    const abort = new AbortController()
    const busy = client.request(get)
    const left = client.request({ ...post, abortSignal: abort.signal }).catch((error) => error.code)
    abort.abort()
    expect([(await busy).text(), await left]).toEqual(['ok', 'aborted'])
    await expect.poll(() => sockets.length).toBe(2)
    const unused = sockets[1]
    const gone = once(unused as Socket, 'close')
    unused?.end()
    await gone
    const calls = [client.request(post), client.request(post), client.request(post)]
    for (const call of calls) expect((await call).text()).toBe('ok')
  })

  it.each(['connections', 'maxWaiting', 'waitTimeoutMs'])('refuses %s below 1', (field) => {
    expect(() => clientOf('http://127.0.0.1:1', { [field]: 0 })).toThrow(`${field} is 0`)
  })
})

it('ends every call once, and leaves nothing behind, whatever the server and the callers do', async () => {
  let state = 7
  const drawn = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
  const callers = new Map<string, AbortController>()
  const acts: readonly ((socket: Socket, caller: AbortController | undefined) => void)[] = [
    (socket) => socket.write(answerOf('ok')),
    (socket) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${answerOf('ok')}`),
    (socket) => socket.write(answerOf(zipped, 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip'), 'latin1'),
    (socket) => socket.end(answerOf('ok', 'HTTP/1.1 200 OK\r\nconnection: close')),
    (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
    (socket) => socket.resetAndDestroy(),
    (_socket, caller) => caller?.abort(),
    (socket, caller) =>
      socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => setImmediate(() => caller?.abort())),
  ]
  let busiest = 0
  const { url, sockets } = await serveRaw((socket, _connection, _request, text) => {
    busiest = Math.max(busiest, sockets.filter((each) => !each.destroyed).length)
    acts[drawn(acts.length)]?.(socket, callers.get(text.split(' ')[1] ?? ''))
  })
  const client = clientOf(url, { connections: 5 })
  const ends = new Map<string, number>()
  const ended = (how: string): void => void ends.set(how, (ends.get(how) ?? 0) + 1)
  const ask = async (place: number): Promise<void> => {
    const abort = new AbortController()
    const path = `/${place}`
    callers.set(path, abort)
    const request: HttpRequest = { ...(place % 2 ? get : post), path, abortSignal: abort.signal }
    const stream = (): Promise<HttpReply> => client.stream(request).then((begun) => begun.whole())
    const call = place % 3 === 0 ? stream() : client.request(request)
    const leaves = drawn(12)
    if (leaves === 0) abort.abort()
    else if (leaves === 1) setImmediate(() => abort.abort())
    await call.then(
      (reply) => ended(reply.text()),
      (error) => ended(error.code),
    )
  }
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < 400) await ask(next++)
  }
  await Promise.all(Array.from({ length: 20 }, worker))
  expect([...ends.keys()].sort()).toEqual(['aborted', 'interrupted', 'ok', 'unavailable'])
  expect([...ends.values()].reduce((sum, count) => sum + count)).toBe(400)
  // One that is being closed may still be there when the next one comes.
  expect(busiest).toBeLessThanOrEqual(10)
  await client.close()
  await expect.poll(() => sockets.every((socket) => socket.destroyed)).toBe(true)
})

describe('interim answers', () => {
  const final = answerOf('{"a":1}')
  it.each([
    ['100', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['100 with a header, twice', 'HTTP/1.1 100 Continue\r\nx-a: b\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'],
    ['100 of HTTP/1.0', 'HTTP/1.0 100 Continue\r\n\r\n'],
    ['102', 'HTTP/1.1 102 Processing\r\n\r\n'],
    ['103, then 100', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'],
  ])('are skipped: %s, wherever the bytes are cut', async (_what, interim) => {
    const all = interim + final
    for (const cut of [0, 1, 9, 11, 12, interim.length - 1, interim.length, interim.length + 5]) {
      const { url } = await serveRaw((socket) => {
        socket.write(all.slice(0, cut), () => setImmediate(() => socket.write(all.slice(cut))))
      })
      const client = clientOf(url, { connections: 1 })
      for (let round = 0; round < 2; round += 1) {
        const reply = await client.request(post)
        expect([reply.status, reply.text()]).toEqual([200, '{"a":1}'])
      }
    }
  })

  it('do not make a body that looks like one disappear', async () => {
    const body = 'HTTP/1.1 100 Continue\r\n\r\n'
    const { url } = await serveRaw((socket) => {
      const all = answerOf(body)
      socket.write(all.slice(0, -body.length), () => setImmediate(() => socket.write(body)))
    })
    expect((await clientOf(url).request(get)).text()).toBe(body)
  })

  it('that never end, and 101, are malformed replies', async () => {
    for (const answer of [
      `HTTP/1.1 100 Continue\r\nx: ${'y'.repeat(20_000)}`,
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ]) {
      const { url } = await serveRaw((socket) => void socket.write(answer))
      await expect(clientOf(url).request(get)).rejects.toMatchObject({ code: 'malformed-reply' })
    }
  })
})

describe('the trace of a request', () => {
  const ours = { traceparent: '00-aa-01', tracestate: 'v=1' }

  it.each([
    ['its own', 'pool', ours, ['00-aa-01', 'v=1']],
    ['its own, without the state of another', 'pool', { traceparent: '00-aa-01' }, ['00-aa-01', undefined]],
    ['its own', 'dispatcher', ours, ['00-aa-01', 'v=1']],
    ['that of the host', 'pool', {}, ['00-bb-01', 'w=2']],
  ])('is once %s where the host adds one to what undici sends (%s)', async (_whose, by, headers, trace) => {
    const instrument = (message: unknown): void => {
      const { request } = message as { request: { addHeader(name: string, value: string): void } }
      request.addHeader('traceparent', '00-bb-01')
      request.addHeader('tracestate', 'w=2')
    }
    channel('undici:request:create').subscribe(instrument)
    onTestFinished(() => void channel('undici:request:create').unsubscribe(instrument))
    let seen = ''
    const { url } = await serveRaw((socket, _connection, _request, text) => {
      seen = text
      socket.write(answerOf('ok'))
    })
    const dispatcher = new Agent()
    onTestFinished(() => dispatcher.close())
    const client = clientOf(url, by === 'pool' ? {} : { dispatcher })
    await client.request({ ...get, headers })
    const values = ['traceparent', 'tracestate'].map((name) =>
      [...seen.matchAll(new RegExp(`^${name}: (.*)\r$`, 'gm'))].map(([, value]) => value).join('+'),
    )
    expect(values).toEqual(trace.map((value) => value ?? ''))
  })
})
