import { describe, expect, it } from 'vitest'
import { clientOf, serveRaw } from './raw-server.ts'

const get = { method: 'GET', path: '/' } as const
const json = '{"outputs":[{"data":[0.1,0.25]}]}'

/** Answers with this head and body, and closes the connection. */
const closed = (head: string, body: string) => serveRaw((socket) => socket.end(`${head}\r\n\r\n${body}`))

describe('a body that ends with its connection', () => {
  const heads = ['HTTP/1.0 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK\r\ntransfer-encoding: identity']

  it.each(heads)('is interrupted when it was cut: %j', async (head) => {
    for (const cut of [json.slice(0, -5), '12', '"text"', 'plain text']) {
      const { url } = await closed(head, cut)
      const client = clientOf(url)
      const stream = await client.stream(get)
      expect(stream.delimited).toBe(false)
      for (const reply of [await client.request(get), await stream.whole()]) {
        expect(reply.delimited).toBe(false)
        expect(() => reply.json()).toThrow(expect.objectContaining({ code: 'interrupted' }))
        expect(() => reply.wholeBytes()).toThrow(expect.objectContaining({ code: 'interrupted' }))
      }
    }
  })

  it.each(heads)('is whole when it is a JSON document: %j', async (head) => {
    const { url } = await closed(head, json)
    const reply = await clientOf(url).request(get)
    expect(reply.json()).toEqual(JSON.parse(json))
    expect(Buffer.from(reply.wholeBytes()).toString()).toBe(json)
  })
})

it.each([
  ['of known length', 'HTTP/1.1 200 OK\r\ncontent-length: 5', 'plain'],
  ['in chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked', '5\r\nplain\r\n0\r\n\r\n'],
])('a body %s is whole whatever it is', async (_how, head, body) => {
  const { url } = await closed(head, body)
  const reply = await clientOf(url).request(get)
  expect([reply.delimited, Buffer.from(reply.wholeBytes()).toString()]).toEqual([true, 'plain'])
  expect(() => reply.json()).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
})
