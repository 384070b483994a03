import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { WireHandler } from '../../../src/http/dispatcher.ts'
import { createHttpClient, type HttpClient } from '../../../src/http/http-client.ts'
import { serveLoopback } from '../../loopback.ts'

async function withServer(
  handle: (response: ServerResponse) => void,
  use: (client: HttpClient, url: string) => Promise<void>,
): Promise<void> {
  const loopback = await serveLoopback((_request, _body, response) => handle(response))
  const client = createHttpClient({ baseUrl: loopback.url, maxBodyBytes: 1000, connections: 1 })
  try {
    await use(client, loopback.url)
  } finally {
    await loopback.close()
    await client.close()
  }
}

const get = { method: 'GET', path: '/' } as const

/** A stream for which the test plays the wire. `acts` holds the calls that the stream made on the socket. */
function fakeWire() {
  const acts: string[] = []
  const controller = {
    abort: () => void acts.push('abort'),
    pause: () => void acts.push('pause'),
    resume: () => void acts.push('resume'),
  }
  const handlers: WireHandler[] = []
  const dispatcher = {
    dispatch(_options: never, given: never) {
      handlers.push(given)
      return true
    },
  }
  const opening = createHttpClient({ baseUrl: 'http://host', dispatcher }).stream(get)
  const [handler] = handlers
  if (handler === undefined) throw new Error('nothing was dispatched')
  handler.onRequestStart(controller)
  handler.onResponseStart(controller, 200, {})
  return { acts, controller, handler, opening }
}

describe('a streamed answer', () => {
  it('gives its pieces as they arrive', async () => {
    let response: ServerResponse | undefined
    await withServer(
      (open) => {
        response = open
        open.writeHead(200).write('one')
      },
      async (client) => {
        const stream = await client.stream(get)
        const pieces: string[] = []
        for await (const chunk of stream.chunks) {
          pieces.push(Buffer.from(chunk).toString())
          if (pieces.length === 1) response?.write('two')
          else response?.end()
        }
        expect(pieces).toEqual(['one', 'two'])
        expect(stream.delimited).toBe(true)
      },
    )
  })

  it('pauses its socket while 64 KiB are unread, and loses nothing', async () => {
    const { acts, controller, handler, opening } = fakeWire()
    const { chunks } = await opening
    for (let piece = 0; piece < 5; piece += 1) handler.onResponseData(controller, Buffer.alloc(16 * 1024))
    expect(acts).toEqual(['pause'])
    const reader = chunks[Symbol.asyncIterator]()
    let read = 0
    for (let piece = 0; piece < 2; piece += 1) read += (await reader.next()).value?.byteLength ?? 0
    expect(acts).toEqual(['pause', 'resume'])
    handler.onResponseEnd(controller)
    for await (const chunk of chunks) read += chunk.byteLength
    expect(read).toBe(5 * 16 * 1024)
  })

  it('arrives whole although it is larger than the limit of unread bytes', async () => {
    const big = Buffer.alloc(3 * 1024 * 1024, 'abc')
    await withServer(
      (response) => void response.end(big),
      async (client) => {
        const pieces: Uint8Array[] = []
        for await (const chunk of (await client.stream(get)).chunks) {
          pieces.push(chunk)
          await new Promise((resolve) => setImmediate(resolve))
        }
        expect(Buffer.compare(Buffer.concat(pieces), big)).toBe(0)
      },
    )
  })

  it('gives all bytes that arrived before it throws', async () => {
    await withServer(
      (response) => {
        response.writeHead(200).write('all of this', () => response.socket?.destroy())
      },
      async (client) => {
        const stream = await client.stream(get)
        const pieces: string[] = []
        const reading = (async () => {
          for await (const chunk of stream.chunks) pieces.push(Buffer.from(chunk).toString())
        })()
        await expect(reading).rejects.toMatchObject({ code: 'interrupted' })
        expect(pieces).toEqual(['all of this'])
      },
    )
  })

  it('closes its connection when its reader leaves the loop', async () => {
    let gone: Promise<unknown> | undefined
    await withServer(
      (response) => {
        gone = once(response, 'close')
        response.writeHead(200).write('one')
      },
      async (client) => {
        const stream = await client.stream(get)
        for await (const _chunk of stream.chunks) break
        await gone
      },
    )
  })

  it('keeps its connection when it is released and ends by itself', async () => {
    const ports = new Set<number | undefined>()
    let response: ServerResponse | undefined
    await withServer(
      (open) => {
        response = open
        ports.add(open.socket?.remotePort)
        open.writeHead(200).write('[DONE]')
      },
      async (client) => {
        for (let round = 0; round < 3; round += 1) {
          const stream = await client.stream(get)
          const chunks = stream.chunks[Symbol.asyncIterator]()
          await chunks.next()
          stream.release()
          const ended = once(response as ServerResponse, 'close')
          response?.end()
          await ended
          await chunks.next()
        }
      },
    )
    expect(ports.size).toBe(1)
  })

  it('drops bytes that arrive after it is released, and closes its connection at 64 KiB', async () => {
    const { acts, controller, handler, opening } = fakeWire()
    const stream = await opening
    stream.release()
    for (let piece = 0; piece < 3; piece += 1) handler.onResponseData(controller, Buffer.alloc(16 * 1024))
    expect(acts).toEqual([])
    handler.onResponseData(controller, Buffer.alloc(16 * 1024))
    expect(acts).toEqual(['abort'])
  })

  it('closes its connection when it is released and the answer neither ends nor continues', async () => {
    let gone: Promise<unknown> | undefined
    await withServer(
      (response) => {
        gone = once(response, 'close')
        response.writeHead(200).write('first')
      },
      async (client) => {
        const stream = await client.stream(get)
        stream.release()
        await gone
      },
    )
  })

  it('has a size limit when it is read as a whole', async () => {
    await withServer(
      (response) => void response.end(Buffer.alloc(2000)),
      async (client) => {
        const stream = await client.stream(get)
        await expect(stream.whole()).rejects.toMatchObject({ code: 'malformed-reply', retryable: false })
      },
    )
  })

  it('says that it is not delimited when its end looks like a broken connection', async () => {
    await withServer(
      (response) => {
        response.socket?.end('HTTP/1.0 200 OK\r\n\r\nuntil the end')
      },
      async (client) => {
        const stream = await client.stream(get)
        expect(stream.delimited).toBe(false)
        expect((await stream.whole()).text()).toBe('until the end')
      },
    )
  })
})
