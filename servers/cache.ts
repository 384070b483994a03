import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from 'modelspine/adapter'
import { tryLock } from '../adapters/shared/process-lock.ts'
import type { Installation, Installed } from './server.ts'

/** Where servers are kept, outside the checkout, so that every checkout of the machine finds them. */
export function cacheFolder(): string {
  const { MODELSPINE_LIVE_CACHE: own, XDG_CACHE_HOME: caches } = process.env
  return own || join(caches || join(homedir(), '.cache'), 'modelspine-live')
}

export interface CacheEntry {
  readonly name: string
  readonly version: string
  /** What else decides the content. Another recipe is another entry. */
  readonly recipe: readonly string[]
}

function entryFolder({ name, version, recipe }: CacheEntry): string {
  const hash = createHash('sha256').update(recipe.join('\n')).digest('hex').slice(0, 8)
  return join(cacheFolder(), `${name}-${version}-${hash}`)
}

/** The folder of a cache entry that somebody has filled; undefined when nobody has. */
export function filledFolder(wanted: CacheEntry): string | undefined {
  const entry = entryFolder(wanted)
  return existsSync(join(entry, 'complete.json')) ? join(entry, 'files') : undefined
}

/**
 * The folder of a cache entry. The first who asks fills it; `fill` gets an empty folder. Others wait meanwhile. An
 * entry counts only after `fill` came to its end, so the remains of a killed run are thrown away.
 */
export async function cached(
  wanted: CacheEntry,
  fill: (folder: string) => Promise<void>,
): Promise<Installed> {
  const entry = entryFolder(wanted)
  const folder = join(entry, 'files')
  const complete = join(entry, 'complete.json')
  const found = async (): Promise<Installed | undefined> => {
    const text = await readFile(complete, 'utf8').catch(() => undefined)
    return text === undefined ? undefined : { folder, tookMs: JSON.parse(text).tookMs, isNew: false }
  }
  const before = await found()
  if (before !== undefined) return before
  await mkdir(entry, { recursive: true })
  const release = await lock(entry)
  try {
    const meanwhile = await found()
    if (meanwhile !== undefined) return meanwhile
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder)
    const startedMs = Date.now()
    await fill(folder)
    const tookMs = Date.now() - startedMs
    await writeFile(`${complete}.new`, JSON.stringify({ tookMs }))
    await rename(`${complete}.new`, complete)
    return { folder, tookMs, isNew: true }
  } finally {
    await release()
  }
}

/** Says why a server cannot be had, where its installation throws. */
export async function installation(
  name: string,
  version: string,
  install: () => Promise<Installed>,
): Promise<Installation> {
  try {
    return await install()
  } catch (error) {
    return { missing: `${name} ${version} cannot be installed: ${(error as Error).message}` }
  }
}

/** The folder of what is installed. Throws the reason when it is missing. */
export function required(installation: Installation): string {
  if ('missing' in installation) throw new Error(installation.missing)
  return installation.folder
}

async function lock(folder: string): Promise<() => Promise<void>> {
  for (;;) {
    const attempt = await tryLock(folder, 'install', systemClock.id())
    if (attempt.kind === 'acquired') return () => attempt.lock.release()
    // Random, because two who try at the same moment may both be refused.
    await pause(200 + Math.random() * 200)
  }
}
