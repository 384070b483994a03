import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { seededRandom } from 'modelspine/adapter'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { standing, waitingIds } from '../../../src/testing/state-store/subject.ts'
import { draws } from '../../draws.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

let path: string
let children: ChildProcess[]

beforeEach(() => {
  path = `${temporaryFolder()}/state.db`
  children = []
})

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

function startWriter(...times: string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const script = fileURLToPath(new URL('writer.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=modelspine/source', script, path, ...times], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}

/** Kills the writer `delayMs` after it printed `counts` lines. Gives the last count that it printed. */
async function killedAfter(counts: number, delayMs: number): Promise<number> {
  const child = startWriter()
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += String(chunk)
    if (said.split('\n').length <= counts) return
    // A timer is too coarse to hit the middle of a write.
    for (const startMs = performance.now(); performance.now() < startMs + delayMs; );
    child.kill('SIGKILL')
  })
  await once(child, 'close')
  expect(child.signalCode, `the writer ended by itself: ${said}`).toBe('SIGKILL')
  return Number(said.trim().split('\n').at(-1))
}

describe('a SQLite store whose process is killed', () => {
  it('keeps every write that was answered, and no object without its events', async () => {
    const random = seededRandom(7)
    for (let round = 0; round < draws(3, 6); round += 1) {
      const said = await killedAfter(1 + Math.floor(random() * 20), 4 * random())
      const raw = new DatabaseSync(path)
      expect(raw.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      raw.close()
      const store = sqliteStore({ path })
      const stored = await standing(store)
      const { count } = stored.status as { count: number }
      expect(count).toBeGreaterThanOrEqual(said)
      const expected: string[] = []
      for (let each = 1; each <= count; each += 1) expected.push(`before-${each}`, `counted-${each}`)
      const ids = await waitingIds(store, 100_000)
      const declared = ids.filter((id) => id.startsWith('declared-'))
      expect(ids.filter((id) => !id.startsWith('declared-'))).toEqual(expected)
      expect(stored.generation).toBe(1 + declared.length)
      await store.close()
    }
  })
})

describe('a SQLite store with several writing processes', () => {
  it('is created once, and keeps each write exactly once', async () => {
    const codes = await Promise.all(
      [startWriter('40'), startWriter('40'), startWriter('40')].map(async (child) => {
        child.stdout.resume()
        const [code] = await once(child, 'close')
        return code
      }),
    )
    expect(codes).toEqual([0, 0, 0])
    const store = sqliteStore({ path })
    expect((await standing(store)).status).toMatchObject({ count: 120 })
    const counted = (await waitingIds(store)).filter((id) => id.startsWith('counted-'))
    expect(counted).toEqual(Array.from({ length: 120 }, (_, place) => `counted-${place + 1}`))
    await store.close()
  })
})
