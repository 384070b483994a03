import { existsSync, type FSWatcher, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Timer } from 'modelspine/adapter'

export interface WatchOptions {
  readonly clock: Clock
  readonly pollMs: number
  /**
   * False: poll from the start. For network file systems, which give no events for changes by other machines.
   */
  readonly events: boolean
  /** Called for each first-level folder with a change. */
  readonly changed: (folder: string) => void
}

/**
 * Watches a tree until aborted. It uses the system's events, and polls when there are none. Node gives no
 * event when the watched folder is missing or is removed, so this code checks for that.
 */
export function watchFolder(root: string, abortSignal: AbortSignal, options: WatchOptions): void {
  const { events, changed } = options
  if (abortSignal.aborted) return
  let watcher: FSWatcher | undefined
  const stop = (): void => {
    watcher?.close()
    watcher = undefined
  }
  const poll = (): void => {
    stop()
    pollFolder(root, abortSignal, options)
  }
  if (!events || !existsSync(root)) {
    poll()
    return
  }
  try {
    watcher = watch(root, { recursive: true, persistent: false }, (_, name) => {
      const [folder = ''] = name?.split(/[\\/]/) ?? []
      if (folder === '' && watcher !== undefined && !existsSync(root)) poll()
      if (folder !== '' && !folder.startsWith('.')) changed(folder)
    })
    watcher.on('error', () => {
      if (watcher !== undefined) poll()
    })
    abortSignal.addEventListener('abort', stop, { once: true })
  } catch {
    poll()
  }
}

/** The first look reports every folder, because earlier changes cannot be known. */
function pollFolder(root: string, abortSignal: AbortSignal, { clock, pollMs, changed }: WatchOptions): void {
  let timer: Timer | undefined
  let before: ReadonlyMap<string, string> = new Map()
  const look = async (): Promise<void> => {
    if (abortSignal.aborted) return
    const now = await stampsOf(root)
    if (abortSignal.aborted) return
    for (const folder of new Set([...now.keys(), ...before.keys()])) {
      if (before.get(folder) !== now.get(folder)) changed(folder)
    }
    before = now
    timer = clock.schedule(pollMs, () => void look())
  }
  abortSignal.addEventListener('abort', () => timer?.cancel(), { once: true })
  void look()
}

/**
 * For each first-level folder, a text that changes with the name, size or time of any file of the registry
 * in it.
 */
async function stampsOf(root: string): Promise<ReadonlyMap<string, string>> {
  const stamps = new Map<string, string>()
  for (const folder of await visible(root)) {
    const marks = [await stampOf(join(root, folder))]
    for (const name of await visible(join(root, folder))) {
      marks.push(await stampOf(join(root, folder, name)))
      for (const inner of await visible(join(root, folder, name))) {
        marks.push(await stampOf(join(root, folder, name, inner)))
      }
    }
    stamps.set(folder, marks.join('\n'))
  }
  return stamps
}

async function visible(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => !name.startsWith('.')).sort()
}

async function stampOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  return `${path} ${found?.size} ${found?.mtimeMs} ${found?.ino}`
}
