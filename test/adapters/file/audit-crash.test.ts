import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { seededRandom } from 'modelspine/adapter'
import { fileAuditLog } from 'modelspine/adapters/file'
import { describe, expect, it } from 'vitest'
import { auditEntry as entry } from '../../audit-entry.ts'
import { draws } from '../../draws.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { collect } from '../../unit/collect.ts'
import { chainFiles } from './audit-fixture.ts'

const child = fileURLToPath(new URL('./audit-child.ts', import.meta.url))
const node = `"${process.execPath}" --conditions=modelspine/source "${child}"`

/** Starts the child under a shell that may limit it; `exec` makes the shell's process number the child's own. */
function start(path: string, first: number, before = ''): ChildProcess {
  return spawn('/bin/sh', ['-c', `${before} exec ${node} "${path}" ${first}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Gives the lines, then waits for the exit: a killed process may outlive its output while its disk writes. */
async function* linesFrom(running: ChildProcess): AsyncIterable<string> {
  const ended = once(running, 'exit')
  if (running.stdout !== null) yield* createInterface({ input: running.stdout })
  await ended
}

describe('fileAuditLog in a process that dies', () => {
  it('keeps each acknowledged record exactly once, however often the process is killed', async () => {
    const path = join(temporaryFolder(), 'audit')
    const random = seededRandom(7)
    const acknowledged: string[] = []
    for (let life = 0; life < draws(3, 6); life += 1) {
      const running = start(path, acknowledged.length + 1)
      const enough = acknowledged.length + 1 + Math.floor(random() * 60)
      for await (const line of linesFrom(running)) {
        acknowledged.push(line)
        if (acknowledged.length === enough) running.kill('SIGKILL')
      }
    }
    const log = fileAuditLog({ path })
    await log.append([entry('after')])
    const ids = (await collect(log.read())).map(({ id, action }) =>
      action === 'log-recovered' ? action : id,
    )
    const events = ids.filter((id) => id.startsWith('event'))
    expect(events.slice(0, acknowledged.length)).toEqual(acknowledged)
    expect(events).toEqual(Array.from({ length: events.length }, (_, index) => `event-${index + 1}`))
    expect(events.length - acknowledged.length).toBeLessThanOrEqual(3)
    expect(acknowledged.length).toBeGreaterThan(6)
    expect(await log.verify()).toMatchObject({ ok: true, records: ids.length })
    await log.close?.()
    expect(chainFiles(path).length).toBeGreaterThan(1)
    expect(readdirSync(path).filter((name) => name.startsWith('.'))).toEqual([])
  }, 60_000)

  it('fails with audit-unavailable when the disk is full, and does not count a half-written record', async () => {
    const path = join(temporaryFolder(), 'audit')
    // The unit is 512 bytes: the file may not grow beyond 10 KiB, so that a write stops in the middle.
    const running = start(path, 1, 'ulimit -f 20;')
    const lines: string[] = []
    for await (const line of linesFrom(running)) lines.push(line)
    const acknowledged = lines.filter((line) => line.startsWith('event'))
    expect(acknowledged.length).toBeGreaterThan(3)
    expect(lines.slice(-2)).toEqual(['failed audit-unavailable', `verified ${acknowledged.length}`])
    const log = fileAuditLog({ path })
    await log.append([entry('after')])
    const ids = (await collect(log.read())).map(({ id }) => id)
    expect(ids).toEqual([...acknowledged, 'after'])
    await log.close?.()
  }, 30_000)

  it('shares its log with another living process, and both append to the same chain', async () => {
    const path = join(temporaryFolder(), 'audit')
    const mine = fileAuditLog({ path })
    await mine.append([entry('before')])
    const theirs: string[] = []
    const own: string[] = []
    const running = start(path, 1)
    for await (const line of linesFrom(running)) {
      theirs.push(line)
      if (theirs.length % 9 === 0 && own.length < 5) {
        const [record] = await mine.append([entry(`own-${own.length}`), entry('event-1')])
        own.push(record?.id ?? '')
        expect(await mine.verify()).toMatchObject({ ok: true })
      }
      if (own.length === 5) running.kill('SIGKILL')
    }
    await mine.append([entry('after')])
    const ids = (await collect(mine.read()))
      .filter(({ action }) => action !== 'log-recovered')
      .map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => id.startsWith('own'))).toEqual(own)
    expect(ids.filter((id) => id.startsWith('event')).slice(0, theirs.length)).toEqual(theirs)
    expect([ids[0], ids.at(-1)]).toEqual(['before', 'after'])
    expect(await fileAuditLog({ path }).verify()).toMatchObject({ ok: true })
    await mine.close?.()
  }, 30_000)
})
