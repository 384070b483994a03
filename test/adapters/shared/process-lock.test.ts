import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { openAliveSocket } from '../../../adapters/shared/alive-socket.ts'
import { identityOf, type ProcessIdentity } from '../../../adapters/shared/process-identity.ts'
import {
  lockFile,
  lockHolder,
  socketFile,
  tryLock,
  waitForLock,
} from '../../../adapters/shared/process-lock.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await nextTurn()
}

const self = await identityOf(process.pid)

/** What a process that has the lock keeps in the folder. */
function files(token: string): readonly string[] {
  const socket = existsSync('/proc/self/ns/pid')
  const own = [
    lockFile('writer', self, token, socket),
    ...(socket ? [socketFile('writer', self.pid, token)] : []),
  ]
  return own.sort()
}

/** A folder in which a process has claimed the lock. */
function claimedBy(holder: ProcessIdentity): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, lockFile('writer', holder, 'a')), '')
  return folder
}

/** A process that cannot be seen from here, with a socket that ended with it or that it still has. */
async function unseen(
  difference: Partial<ProcessIdentity>,
  socket: 'alive' | 'ended' | 'none',
): Promise<{ readonly folder: string; readonly end: () => Promise<void> }> {
  const folder = temporaryFolder()
  const holder = { ...self, pid: 4194999, ...difference }
  writeFileSync(join(folder, lockFile('writer', holder, 'a', socket !== 'none')), '')
  const file = socketFile('writer', holder.pid, 'a')
  if (socket === 'none') return { folder, end: async () => {} }
  const opened = await openAliveSocket(folder, file)
  if (socket === 'ended') {
    // The socket of a killed process stays as a file.
    await opened?.stopListening()
  }
  return { folder, end: async () => opened?.close() }
}

const hasNamespaces = existsSync('/proc/self/ns/pid')
const canUnshare =
  hasNamespaces && spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0

const child = fileURLToPath(new URL('lock-child.ts', import.meta.url))

/** Another process that tries to take the lock, in a PID namespace of its own or in this one. */
async function elsewhere(folder: string): Promise<{ readonly kind: string; readonly process: ChildProcess }> {
  const node = [process.execPath, '--conditions=modelspine/source', '--no-warnings', child, folder]
  const started = spawn('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', ...node], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [chunk] = await once(started.stdout, 'data')
  return { kind: String(chunk).trim(), process: started }
}

describe('a lock between processes', () => {
  it('has one holder at a time, and is free for the next holder after its release', async () => {
    const folder = temporaryFolder()
    const first = await tryLock(folder, 'writer', 'a')
    expect(await tryLock(folder, 'writer', 'b')).toMatchObject({ kind: 'held', holder: { pid: process.pid } })
    expect((await tryLock(folder, 'other', 'b')).kind).toBe('acquired')
    expect(await lockHolder(folder, 'writer')).toMatchObject({ ...self })
    if (first.kind === 'acquired') await first.lock.release()
    expect(await lockHolder(folder, 'writer')).toBeUndefined()
    expect((await tryLock(folder, 'writer', 'c')).kind).toBe('acquired')
  })

  it('never has two holders, even when several try at once', async () => {
    const folder = temporaryFolder()
    const tokens = Array.from({ length: 12 }, (_, index) => `token-${index}`)
    const attempts = await Promise.all(tokens.map((token) => tryLock(folder, 'writer', token)))
    expect(attempts.filter(({ kind }) => kind === 'acquired').length).toBeLessThanOrEqual(1)
  })

  it.each([
    ['is dead', { pid: 4194999 }],
    ['ended, when another process has its pid now', { started: '1' }],
    ['ran before the host was restarted', { boot: 'another' }],
  ])('is taken from a process that %s', async (_what, difference) => {
    const folder = claimedBy({ ...self, ...difference })
    expect((await tryLock(folder, 'writer', 'mine')).kind).toBe('acquired')
    expect(readdirSync(folder)).toEqual(files('mine'))
  })

  it('is taken from a process of an older version that is dead, and not from a living one', async () => {
    const { namespace: _, ...older } = self
    const dead = claimedBy({ ...older, pid: 4194999 })
    expect(readdirSync(dead)).toEqual([`.writer.${older.host}.${older.boot}.4194999.${older.started}.a.lock`])
    expect((await tryLock(dead, 'writer', 'mine')).kind).toBe('acquired')
    expect((await tryLock(claimedBy(older), 'writer', 'mine')).kind).toBe('held')
  })

  it('is not taken from a living process whose start time is unknown', async () => {
    const folder = claimedBy({ ...self, started: '-', boot: '-' })
    expect((await tryLock(folder, 'writer', 'mine')).kind).toBe('held')
  })

  it.runIf(existsSync('/proc/self/stat'))('is taken from a dead process that is not yet reaped', async () => {
    // The shell becomes `sleep`, which never waits for its child. The child ends then and stays a zombie.
    const child = '(until [ "$(cat /proc/$$/comm)" = sleep ]; do :; done)'
    const parent = spawn('/bin/sh', ['-c', `${child} & echo $!; exec sleep 60`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const [chunk] = await once(parent.stdout, 'data')
      const pid = Number(String(chunk))
      const fields = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')
      while (fields()[0] !== 'Z') await nextTurn()
      const folder = claimedBy({ ...self, pid, started: fields()[19] ?? '' })
      expect((await tryLock(folder, 'writer', 'mine')).kind).toBe('acquired')
    } finally {
      parent.kill('SIGKILL')
    }
  })

  it('is not taken from a process of another host, because that process cannot be seen', async () => {
    const holder = { ...self, host: 'elsewhere', boot: 'another', pid: 4194999 }
    const folder = claimedBy(holder)
    expect(await tryLock(folder, 'writer', 'mine')).toMatchObject({ kind: 'held', holder })
    expect(readdirSync(folder)).toEqual([lockFile('writer', holder, 'a')])
  })

  it.runIf(hasNamespaces).each([
    ['in another PID namespace', { namespace: '1' }],
    ['of another boot, which may be another container', { boot: 'another', namespace: '1' }],
    ['of another host name on the same disk', { host: 'elsewhere', boot: 'another' }],
  ])('is held while a process %s answers, and free when that has ended', async (_what, difference) => {
    const alive = await unseen(difference, 'alive')
    expect((await tryLock(alive.folder, 'writer', 'mine')).kind).toBe('held')
    expect(readdirSync(alive.folder)).toHaveLength(2)
    await alive.end()
    const ended = await unseen(difference, 'ended')
    expect((await tryLock(ended.folder, 'writer', 'mine')).kind).toBe('acquired')
    expect(readdirSync(ended.folder).sort()).toEqual(files('mine'))
  })

  it.runIf(hasNamespaces)('is held by a process of another namespace that has no socket', async () => {
    const { folder } = await unseen({ namespace: '1' }, 'none')
    expect((await tryLock(folder, 'writer', 'mine')).kind).toBe('held')
  })

  it.runIf(hasNamespaces)(
    'is held by a process of another namespace whose number is in use here',
    async () => {
      const { folder, end } = await unseen({ namespace: '1', pid: process.pid }, 'alive')
      const attempt = await tryLock(folder, 'writer', 'mine')
      expect(attempt).toMatchObject({ kind: 'held', holder: { mine: false } })
      await end()
    },
  )

  it.runIf(hasNamespaces)(
    'removes the socket of a process that died before it had claimed the lock',
    async () => {
      const folder = temporaryFolder()
      const dead = await openAliveSocket(folder, socketFile('writer', 4194999, 'dead'))
      await dead?.stopListening()
      const living = await openAliveSocket(folder, socketFile('writer', 4194998, 'living'))
      expect((await tryLock(folder, 'writer', 'mine')).kind).toBe('acquired')
      expect(readdirSync(folder).sort()).toEqual(
        [...files('mine'), socketFile('writer', 4194998, 'living')].sort(),
      )
      await living?.close()
    },
  )

  it.runIf(canUnshare)('is kept between two PID namespaces with one host name', async () => {
    const folder = temporaryFolder()
    const mine = await tryLock(folder, 'writer', 'a')
    expect(mine.kind).toBe('acquired')
    const refused = await elsewhere(folder)
    expect(refused.kind).toBe('held')
    refused.process.kill('SIGKILL')
    if (mine.kind === 'acquired') await mine.lock.release()
    expect(readdirSync(folder)).toEqual([])
    const holder = await elsewhere(folder)
    expect(holder.kind).toBe('acquired')
    expect((await tryLock(folder, 'writer', 'b')).kind).toBe('held')
    holder.process.kill('SIGKILL')
    await once(holder.process, 'exit')
    await until(async () => (await tryLock(folder, 'writer', 'c')).kind === 'acquired')
    expect(readdirSync(folder).sort()).toEqual(files('c'))
  })

  it('is waited for until the timeout', async () => {
    const folder = temporaryFolder()
    const holder = await tryLock(folder, 'edit', 'a')
    const clock = createFakeClock()
    const waiting = waitForLock(folder, 'edit', { clock, timeoutMs: 100 })
    let settled = false
    waiting.finally(() => {
      settled = true
    })
    while (!settled) await clock.advance(10)
    expect((await waiting).kind).toBe('held')
    expect(clock.monotonic()).toBeGreaterThanOrEqual(100)
    if (holder.kind === 'acquired') await holder.lock.release()
    expect((await waitForLock(folder, 'edit', { clock, timeoutMs: 0 })).kind).toBe('acquired')
  })
})
