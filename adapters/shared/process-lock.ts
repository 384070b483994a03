import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, sleep } from 'modelspine/adapter'
import { identityOf, mayBeAlive, type ProcessIdentity } from './process-identity.ts'

export interface ProcessLock {
  release(): Promise<void>
}

export interface LockHolder extends ProcessIdentity {
  /** The lock's file: whoever knows that its holder is gone may remove it. */
  readonly path: string
}

export type LockAttempt =
  | { readonly kind: 'acquired'; readonly lock: ProcessLock }
  | { readonly kind: 'held'; readonly holder: LockHolder }

/**
 * Tries to take a lock in a folder. Everyone who tries makes a file of their own, named after their process, and has
 * the lock when there is no other one of a living process; else they take their file back. So nobody ever removes
 * somebody else's claim, except that of a dead process, and two who try at the same time may both be refused.
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

/** Whether a living process has the lock. */
export async function lockHolder(folder: string, name: string): Promise<LockHolder | undefined> {
  for (const file of await readdir(folder)) {
    const holder = holderOf(folder, name, file)
    if (holder !== undefined && (await mayBeAlive(holder))) return holder
  }
  return undefined
}

/** Removes what has the name of a lock of a process that is dead, files and folders alike. */
export async function removeAbandoned(folder: string, name: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const holder = holderOf(folder, name, file)
    if (holder === undefined || (await mayBeAlive(holder))) continue
    await rm(holder.path, { recursive: true, force: true })
  }
}

/** Tries until `timeoutMs` have passed, with random pauses so that those who compete do not meet again. */
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

/** The name of the file that claims a lock. `token` is what no other try of this process has. */
export function lockFile(name: string, { host, boot, pid, started }: ProcessIdentity, token: string): string {
  return `.${name}.${host}.${boot}.${pid}.${started}.${token}.lock`
}

function holderOf(folder: string, name: string, file: string): LockHolder | undefined {
  if (!file.startsWith(`.${name}.`)) return undefined
  const [host, boot, pid, started, , end] = file.slice(name.length + 2).split('.')
  if (end !== 'lock' || host === undefined || boot === undefined || started === undefined) return undefined
  return { path: join(folder, file), host, boot, pid: Number(pid), started }
}
