import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { identityOf, type ProcessIdentity } from '../../../adapters/shared/process-identity.ts'
import { lockFile, lockHolder, tryLock, waitForLock } from '../../../adapters/shared/process-lock.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const self = await identityOf(process.pid)

/** A folder in which a process has claimed the lock. */
function claimedBy(holder: ProcessIdentity): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, lockFile('writer', holder, 'a')), '')
  return folder
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
    expect(readdirSync(folder)).toEqual([lockFile('writer', self, 'mine')])
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
    const holder = { ...self, host: 'elsewhere', pid: 4194999 }
    const folder = claimedBy(holder)
    expect(await tryLock(folder, 'writer', 'mine')).toMatchObject({ kind: 'held', holder })
    expect(readdirSync(folder)).toEqual([lockFile('writer', holder, 'a')])
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
