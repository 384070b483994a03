/** For the host probe: uses the HTTP client once, against a server of its own, and asks who serves the host's fetch. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type * as authorsDoor from 'modelspine/adapter'

const dispatcherKey = Symbol.for('undici.globalDispatcher.1')
const globals = globalThis as Record<symbol, unknown>

/** Makes Node set up its own fetch first, so that what the snapshots compare is Node's in both. */
export async function prepare(): Promise<void> {
  if (process.env.PROBE_FETCH === 'before') await fetch('data:,')
}

export async function use(door: typeof authorsDoor): Promise<unknown> {
  const server = createServer((_request, reply) => reply.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = door.createHttpClient({ baseUrl })
  const { status } = await client.request({ method: 'GET', path: '/' })
  await client.close()

  const { Agent } = await import('undici')
  const fetched = await fetch(baseUrl, { headers: { connection: 'close' } }).then((reply) => reply.text())
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  return { status, fetched, fetchIsOurs: globals[dispatcherKey] instanceof Agent }
}
