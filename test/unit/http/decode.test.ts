import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { HttpReply } from '../../../src/http/http-reply.ts'
import { clientOf, serveRaw } from './raw-server.ts'

const text = JSON.stringify({ said: 'wörds '.repeat(5000) })
const bodies: readonly (readonly [string, Buffer])[] = [
  ['gzip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['identity', Buffer.from(text)],
]
const get = { method: 'GET', path: '/' } as const

/** Answers with this body, in pieces of so many bytes, and closes the connection. */
function compressed(coding: string, body: Uint8Array, piece = body.length, head: string[] = []) {
  return serveRaw(async (socket) => {
    const fields = [`content-encoding: ${coding}`, 'content-type: application/json', ...head]
    socket.write(`HTTP/1.1 200 OK\r\n${fields.join('\r\n')}\r\n\r\n`)
    for (let at = 0; at < body.length; at += piece) {
      socket.write(body.subarray(at, at + piece))
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.end()
  })
}

describe('a compressed answer', () => {
  it('is not asked for', async () => {
    let seen = ''
    const { url } = await serveRaw((socket, _connection, _request, request) => {
      seen = request
      socket.end('HTTP/1.1 204 No Content\r\n\r\n')
    })
    await clientOf(url).request(get)
    expect(seen).toContain('accept-encoding: identity\r\n')
  })

  it.each(bodies)('is decoded from %s, as a whole and streamed in pieces', async (coding, body) => {
    const { url } = await compressed(coding, body, Math.ceil(body.length / 7))
    const client = clientOf(url)
    const reply = await client.request(get)
    expect(reply.text()).toBe(text)
    expect([reply.header('content-encoding'), reply.header('content-length')]).toEqual([
      coding === 'identity' ? 'identity' : undefined,
      undefined,
    ])
    const stream = await client.stream(get)
    expect(stream.delimited).toBe(coding !== 'identity')
    const pieces: Uint8Array[] = []
    for await (const piece of stream.chunks) pieces.push(piece)
    expect(Buffer.concat(pieces).toString()).toBe(text)
    expect((await (await client.stream(get)).whole()).text()).toBe(text)
  })

  it.each(bodies.slice(0, -1))(
    'in %s that lost its end is interrupted, whatever frames it',
    async (coding, body) => {
      const half = body.subarray(0, body.length - 3)
      for (const head of [[], [`content-length: ${half.length}`]]) {
        const { url } = await compressed(coding, half, half.length, head)
        await expect(clientOf(url).request(get)).rejects.toMatchObject({ code: 'interrupted' })
        const stream = await clientOf(url).stream(get)
        await expect(stream.whole()).rejects.toMatchObject({ code: 'interrupted' })
      }
    },
  )

  it('gives what came before the connection broke, then throws', async () => {
    const { url } = await serveRaw((socket) => {
      const part = gzipSync('data: 1\n\n', { finishFlush: 2 })
      socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n')
      socket.write(`${part.length.toString(16)}\r\n`)
      socket.write(part)
      socket.end('\r\n')
    })
    const stream = await clientOf(url).stream(get)
    let said = ''
    const reading = (async () => {
      for await (const piece of stream.chunks) said += Buffer.from(piece).toString()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'interrupted' })
    expect(said).toBe('data: 1\n\n')
  })

  it('has its size limit after decoding', async () => {
    const bomb = gzipSync(Buffer.alloc(30_000_000))
    const { url } = await compressed('gzip', bomb)
    const client = clientOf(url, { maxBodyBytes: 100_000 })
    const tooLarge = { code: 'malformed-reply', retryable: false, details: { maxBodyBytes: 100_000 } }
    // What is not refused is too large for a message of vitest as well.
    const size = async (reply: Promise<HttpReply>) => (await reply).bytes.byteLength
    await expect(size(client.request(get))).rejects.toMatchObject(tooLarge)
    await expect(size((await client.stream(get)).whole())).rejects.toMatchObject(tooLarge)
  })

  it('closes its connection when its reader leaves the loop', async () => {
    const { url, sockets } = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n')
      socket.write(gzipSync('some text', { finishFlush: 2 }))
    })
    const stream = await clientOf(url).stream(get)
    for await (const piece of stream.chunks) {
      expect(Buffer.from(piece).toString()).toBe('some text')
      break
    }
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
  })

  it.each([
    ['compress', gzipSync(text), 'the content encoding "compress"'],
    ['gzip, br', gzipSync(text), 'the content encoding "gzip, br"'],
    ['constructor', gzipSync(text), 'the content encoding "constructor"'],
    ['gzip', Buffer.from(text), 'not the gzip that its headers announce'],
  ])('in %s that cannot be decoded is a malformed reply', async (coding, body, message) => {
    const refusal = { code: 'malformed-reply', message: expect.stringContaining(message) }
    const { url } = await compressed(coding, body)
    await expect(clientOf(url).request(get)).rejects.toMatchObject(refusal)
    const reading = clientOf(url)
      .stream(get)
      .then((stream) => stream.whole())
    await expect(reading).rejects.toMatchObject(refusal)
  })

  it('may be empty', async () => {
    const { url } = await compressed('gzip', Buffer.alloc(0), 1, ['content-length: 0'])
    expect((await clientOf(url).request(get)).text()).toBe('')
  })
})
