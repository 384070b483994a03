/** For the host probe. Uses the HTTP client once against a server of its own, and then the host's fetch. */

import { once } from 'node:events'
// This does not use node:http, because an import of node:http makes Node set up its own fetch.
import { type AddressInfo, createServer } from 'node:net'
import type * as authorsDoor from 'modelspine/adapter'

export async function prepare(): Promise<void> {
  if (process.env.PROBE_FETCH === 'before') await fetch('data:,')
}

export async function use(door: typeof authorsDoor): Promise<unknown> {
  const reply = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello'
  const server = createServer((socket) => socket.once('data', () => socket.end(reply)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const client = door.createHttpClient({ baseUrl })
  const { status } = await client.request({ method: 'GET', path: '/' })
  await client.close()
  const fetched = await fetch(baseUrl).then((answer) => answer.text())

  server.close()
  await once(server, 'close')
  return { status, fetched }
}
