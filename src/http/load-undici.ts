export type Undici = typeof import('undici')

/**
 * Under these keys every copy of undici, also the copy inside Node, keeps the dispatcher of a global `fetch`.
 */
const dispatcherKeys = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')]

let loading: Promise<Undici> | undefined

/** Loads undici once, when the first request is sent. */
export function loadUndici(): Promise<Undici> {
  loading ??= besideFetch()
  return loading
}

/**
 * Loads undici so that the host's global `fetch` keeps its dispatcher. When undici 8 is loaded first, it sets
 * its own dispatcher. It also replaces the dispatcher of an older Node. Therefore this function reads
 * `Response`, which makes Node set its own dispatcher first. After the import it restores the earlier
 * dispatchers.
 *
 * On Node 22 the key that undici 8 added stays. The `fetch` of Node 22 does not read this key. Without the
 * key, an undici 8 that the host itself uses would have no dispatcher.
 */
async function besideFetch(): Promise<Undici> {
  void globalThis.Response
  const globals = globalThis as Record<symbol, unknown>
  const before = dispatcherKeys.map((key) => globals[key])
  const undici = await import('undici')
  for (const [index, key] of dispatcherKeys.entries()) {
    if (before[index] !== undefined && globals[key] !== before[index]) globals[key] = before[index]
  }
  return undici
}
