import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, sleep } from 'modelspine/adapter'
import { answers, openAliveSocket } from './alive-socket.ts'
import { isOnLocalDisk } from './local-disk.ts'
import {
  canBeSeen,
  identityOf,
  isOfThisBoot,
  mayBeAlive,
  type ProcessIdentity,
  thisHost,
} from './process-identity.ts'

export interface ProcessLock {
  release(): Promise<void>
}

export interface LockHolder extends ProcessIdentity {
  /** The lock's file. A person who knows that its holder is gone may remove it. */
  readonly path: string
  /** Whether this process has it. */
  readonly mine: boolean
}

export type LockAttempt =
  | { readonly kind: 'acquired'; readonly lock: ProcessLock }
  | { readonly kind: 'held'; readonly holder: LockHolder }

/** A file that claims a lock. */
interface Claim {
  readonly folder: string
  readonly file: string
  readonly identity: ProcessIdentity
  /** The socket on which the process answers. Absent when it has none. */
  readonly socket: string | undefined
}

/**
 * Tries to take a lock in a folder. Each process that tries makes its own file, named after the process. It
 * has the lock when no other living process has such a file. Otherwise it removes its own file again. So a
 * process removes another process's file only when that process is dead. When two try at the same time, both
 * may be refused.
 *
 * Before its file, a process opens a socket in the folder. With it, a process of another PID namespace on the
 * same machine can find out that this one lives. Who has the lock removes sockets that dead processes left. In
 * the moment before a socket listens, that may hit one of the living, so each looks whether its own is there.
 */
export function tryLock(folder: string, name: string, token: string): Promise<LockAttempt> {
  return attempt(folder, name, token, mostSockets)
}

/** How many sockets a process opens for one try, when others remove them. Then it tries without a socket. */
const mostSockets = 4

async function attempt(
  folder: string,
  name: string,
  token: string,
  socketsLeft: number,
): Promise<LockAttempt> {
  const self = await identityOf(process.pid)
  const socket =
    self.namespace === undefined || socketsLeft === 0
      ? undefined
      : await openAliveSocket(folder, socketFile(name, self.pid, token))
  const own = lockFile(name, self, token, socket !== undefined)
  const release = async (): Promise<void> => {
    await rm(join(folder, own), { force: true })
    await socket?.close()
  }
  try {
    await (await open(join(folder, own), 'wx')).close()
    for (const claim of await claimsOf(folder, name)) {
      if (claim.file === own) continue
      if (await mayHold(claim)) {
        await release()
        return { kind: 'held', holder: await holderOf(claim) }
      }
      await remove(claim)
    }
    if (socket !== undefined && !(await socket.isInPlace())) {
      await release()
      return attempt(folder, name, token, socketsLeft - 1)
    }
    await removeDeadSockets(folder, name)
  } catch (error) {
    await release()
    throw error
  }
  return { kind: 'acquired', lock: { release } }
}

/** Whether a living process holds the lock. */
export async function lockHolder(folder: string, name: string): Promise<LockHolder | undefined> {
  for (const claim of await claimsOf(folder, name)) if (await mayHold(claim)) return holderOf(claim)
  return undefined
}

/** Removes files and folders that are named like a lock of a dead process. */
export async function removeAbandoned(folder: string, name: string): Promise<void> {
  for (const claim of await claimsOf(folder, name)) if (!(await mayHold(claim))) await remove(claim)
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
    const last = await tryLock(folder, name, clock.id())
    if (last.kind === 'acquired' || clock.monotonic() - startedMs >= timeoutMs) return last
    await sleep(clock, 1 + clock.random() * 20, abortSignal)
  }
}

/**
 * The name of the file that claims a lock. `token` is unique among the tries of this process. What versions
 * before did not write stands beside the token, because they still have to find their own parts.
 */
export function lockFile(
  name: string,
  { host, boot, pid, started, namespace }: ProcessIdentity,
  token: string,
  hasSocket = false,
): string {
  const more = namespace === undefined ? '' : `~${namespace}~${hasSocket ? 'socket' : 'silent'}`
  return `.${name}.${host}.${boot}.${pid}.${started}.${token}${more}.lock`
}

/** The name of the socket beside the lock's file. */
export function socketFile(name: string, pid: number, token: string): string {
  return `.${name}.${pid}.${token}.alive`
}

/** The claims in a folder, this process's own included. */
async function claimsOf(folder: string, name: string): Promise<readonly Claim[]> {
  return claimsAmong(await readdir(folder), folder, name)
}

function claimsAmong(files: readonly string[], folder: string, name: string): readonly Claim[] {
  return files.flatMap((file) => {
    if (!file.startsWith(`.${name}.`)) return []
    const [host, boot, number, started, place = '', end] = file.slice(name.length + 2).split('.')
    if (end !== 'lock' || host === undefined || boot === undefined || started === undefined) return []
    const [token = '', namespace, kind] = place.split('~')
    const pid = Number(number)
    const identity = { host, boot, pid, started, ...(namespace !== undefined && { namespace }) }
    return [{ folder, file, identity, socket: kind === 'socket' ? socketFile(name, pid, token) : undefined }]
  })
}

/**
 * Whether the process of a claim may still run. A process that cannot be seen is asked on its socket, where
 * that is certain: on a disk that no other machine has. Elsewhere it counts as alive.
 */
async function mayHold({ folder, identity, socket }: Claim): Promise<boolean> {
  if (await canBeSeen(identity)) return mayBeAlive(identity)
  if (identity.namespace === undefined || !(await isOnLocalDisk(folder))) return true
  if (socket !== undefined) return answers(folder, socket)
  return identity.host !== thisHost() || (await isOfThisBoot(identity))
}

async function remove({ folder, file, socket }: Claim): Promise<void> {
  await rm(join(folder, file), { recursive: true, force: true })
  if (socket !== undefined) await rm(join(folder, socket), { force: true })
}

/** Call it only while this process has the lock. */
async function removeDeadSockets(folder: string, name: string): Promise<void> {
  const files = await readdir(folder)
  const claimed = new Set(claimsAmong(files, folder, name).map(({ socket }) => socket))
  for (const file of files) {
    const isFree = file.startsWith(`.${name}.`) && file.endsWith('.alive') && !claimed.has(file)
    if (!isFree || !(await isOnLocalDisk(folder)) || (await answers(folder, file))) continue
    await rm(join(folder, file), { force: true })
  }
}

async function holderOf({ folder, file, identity }: Claim): Promise<LockHolder> {
  const self = await identityOf(process.pid)
  const mine = Object.entries(self).every(
    ([part, value]) => identity[part as keyof ProcessIdentity] === value,
  )
  return { ...identity, path: join(folder, file), mine }
}
