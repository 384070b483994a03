import type { WireDispatcher } from './dispatcher.ts'

export interface PoolOptions {
  readonly connections: number
  readonly connectTimeoutMs: number
}

/** Where every copy of undici, the one inside Node included, keeps the dispatcher behind a global `fetch`. */
const dispatcherKeys = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')]

let loading: Promise<typeof import('undici')> | undefined

/**
 * Loads undici so that the host's global `fetch` keeps its dispatcher: undici 8 puts its own there when it is loaded
 * first, and replaces the one of an older Node. Touching `Response` makes Node set its own before, and what was there is
 * put back. On Node 22 undici's own key stays behind, which that Node's `fetch` does not read: without it, an undici 8
 * that the host uses itself would have no dispatcher.
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

/** A pool for one origin, HTTP/1.1 only: there, aborting a call closes its socket, which an upstream notices. */
export async function loadPool(origin: string, options: PoolOptions): Promise<WireDispatcher> {
  loading ??= loadUndici()
  const { Pool } = await loading
  const pool = new Pool(origin, {
    connections: options.connections,
    allowH2: false,
    connect: { timeout: options.connectTimeoutMs },
  })
  return pool as unknown as WireDispatcher
}
