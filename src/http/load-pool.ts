import type { WireDispatcher } from './dispatcher.ts'
import { type TlsOptions, wireTls } from './tls.ts'

export interface PoolOptions {
  readonly connections: number
  readonly connectTimeoutMs: number
  readonly tls?: TlsOptions | undefined
}

/**
 * Under these keys every copy of undici, also the copy inside Node, keeps the dispatcher of a global `fetch`.
 */
const dispatcherKeys = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')]

let loading: Promise<typeof import('undici')> | undefined

/**
 * Loads undici so that the host's global `fetch` keeps its dispatcher. When undici 8 is loaded first, it sets
 * its own dispatcher. It also replaces the dispatcher of an older Node. Therefore this function reads
 * `Response`, which makes Node set its own dispatcher first. After the import it restores the earlier
 * dispatchers.
 *
 * On Node 22 the key that undici 8 added stays. The `fetch` of Node 22 does not read this key. Without the
 * key, an undici 8 that the host itself uses would have no dispatcher.
 */
async function loadUndici(): Promise<typeof import('undici')> {
  void globalThis.Response
  const globals = globalThis as Record<symbol, unknown>
  const before = dispatcherKeys.map((key) => globals[key])
  const undici = await import('undici')
  for (const [index, key] of dispatcherKeys.entries()) {
    if (before[index] !== undefined && globals[key] !== before[index]) globals[key] = before[index]
  }
  return undici
}

/**
 * A pool for one origin. It uses HTTP/1.1 only, because there an aborted call closes its socket, and the
 * upstream notices that.
 */
export async function loadPool(origin: string, options: PoolOptions): Promise<WireDispatcher> {
  loading ??= loadUndici()
  const { Pool } = await loading
  const pool = new Pool(origin, {
    connections: options.connections,
    allowH2: false,
    connect: { timeout: options.connectTimeoutMs, ...wireTls(options.tls) },
  })
  return pool as unknown as WireDispatcher
}
