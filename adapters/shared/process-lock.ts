import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, sleep } from 'modelspine/adapter'
import { identityOf, mayBeAlive, type ProcessIdentity } from './process-identity.ts'

export interface ProcessLock {
  release(): Promise<void>
}

export interface LockHolder extends ProcessIdentity {
  /** The lock's file. A person who knows that its holder is gone may remove it. */
  readonly path: string
}

export type LockAttempt =
  | { readonly kind: 'acquired'; readonly lock: ProcessLock }
  | { readonly kind: 'held'; readonly holder: LockHolder }

/**
 * Tries to take a lock in a folder. Each process that tries makes its own file, named after the process. It
 * has the lock when no other living process has such a file. Otherwise it removes its own file again. So a
 * process removes another process's file only when that process is dead. When two try at the same time, both
 * may be refused.
 */
export async function tryLock(folder: string, name: string, token: string): Promise<LockAttempt> {
  const own = lockFile(name, await identityOf(process.pid), token)
  await (await open(join(folder, own), 'wx')).close()
  const release = (): Promise<void> => rm(join(folder, own), { force: true })
  try {
    for (const file of await readdir(folder)) {
      const holder = file === own ? undefined : holderOf(folder, name, file)
      if (holder === undefined) continue
      if (await mayBeAlive(holder)) {
        await release()
        return { kind: 'held', holder }
      }
      await rm(holder.path, { force: true })
    }
  } catch (error) {
    await release()
    throw error
  }
  return { kind: 'acquired', lock: { release } }
}

/** Whether a living process holds the lock. */
export async function lockHolder(folder: string, name: string): Promise<LockHolder | undefined> {
  for (const file of await readdir(folder)) {
    const holder = holderOf(folder, name, file)
    if (holder !== undefined && (await mayBeAlive(holder))) return holder
  }
  return undefined
}

/** Removes files and folders that are named like a lock of a dead process. */
export async function removeAbandoned(folder: string, name: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const holder = holderOf(folder, name, file)
    if (holder === undefined || (await mayBeAlive(holder))) continue
    await rm(holder.path, { recursive: true, force: true })
  }
}

/**
 * Tries until `timeoutMs` have passed. The pauses are random, so that competing processes do not collide
 * again.
 */
export async function waitForLock(
  folder: string,
  name: string,
  options: { readonly clock: Clock; readonly timeoutMs: number; readonly abortSignal?: AbortSignal },
): Promise<LockAttempt> {
  const { clock, timeoutMs, abortSignal } = options
  const startedMs = clock.monotonic()
  for (;;) {
    const attempt = await tryLock(folder, name, clock.id())
    if (attempt.kind === 'acquired' || clock.monotonic() - startedMs >= timeoutMs) return attempt
    await sleep(clock, 1 + clock.random() * 20, abortSignal)
  }
}

/** The name of the file that claims a lock. `token` is unique among the tries of this process. */
export function lockFile(name: string, { host, boot, pid, started }: ProcessIdentity, token: string): string {
  return `.${name}.${host}.${boot}.${pid}.${started}.${token}.lock`
}

function holderOf(folder: string, name: string, file: string): LockHolder | undefined {
  if (!file.startsWith(`.${name}.`)) return undefined
  const [host, boot, pid, started, , end] = file.slice(name.length + 2).split('.')
  if (end !== 'lock' || host === undefined || boot === undefined || started === undefined) return undefined
  return { path: join(folder, file), host, boot, pid: Number(pid), started }
}
