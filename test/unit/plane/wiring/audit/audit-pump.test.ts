import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../../../src/hash.ts'
import {
  type AuditEntry,
  type AuditLog,
  ModelspineError,
  memoryAuditLog,
  memoryStore,
} from '../../../../../src/index.ts'
import { createAuditEnd } from '../../../../../src/plane/wiring/audit/audit-end.ts'
import { type AuditPump, createAuditPump } from '../../../../../src/plane/wiring/audit/audit-pump.ts'
import { defineRoute } from '../../../../../src/resources/index.ts'
import type { Fence, StateStore } from '../../../../../src/store/contract.ts'
import { silentLogger } from '../../../../../src/telemetry/logger.ts'
import { createFakeClock, type FakeClock } from '../../../../../src/testing/fake-clock.ts'
import { ann, collect, route } from '../../plane-fixture.ts'

interface Scene {
  readonly clock: FakeClock
  readonly store: StateStore
  readonly log: AuditLog
  readonly faults: {
    append?: Error
    acknowledge?: Error
    /** What the log says to an append of these entries. */
    refuses?: (entries: readonly AuditEntry[], append: number) => Error | undefined
  }
  readonly said: string[]
  readonly pump: AuditPump
  readonly appends: () => number
  fence: Fence | undefined
  /** Another pump over the same store and log, as after a restart. */
  again(): AuditPump
  commit(count: number, details?: AuditEntry['details']): Promise<void>
  recorded(): Promise<string[]>
}

async function createScene(): Promise<Scene> {
  const clock = createFakeClock()
  const store = memoryStore({ clock })
  const log = memoryAuditLog()
  const faults: Scene['faults'] = {}
  let appends = 0
  let committed = 0
  const audit: AuditLog = {
    ...log,
    async append(entries) {
      appends += 1
      const refusal = faults.append ?? faults.refuses?.(entries, appends)
      if (refusal !== undefined) throw refusal
      return log.append(entries)
    },
  }
  const watched: StateStore = {
    ...store,
    async acknowledgeEvents(ids, fence, head) {
      if (faults.acknowledge !== undefined) throw faults.acknowledge
      return store.acknowledgeEvents(ids, fence, head)
    },
  }
  const lease = await store.acquireLease('modelspine', 'me', 1_000_000_000)
  const said: string[] = []
  const logger = { ...silentLogger, error: (_facts: object, text: string) => said.push(text) }
  const make = (): AuditPump =>
    createAuditPump({
      ...{ store: watched, audit, clock, logger, fence: () => scene.fence },
      end: createAuditEnd({ store: watched, audit }),
    })
  const scene: Scene = {
    clock,
    store,
    log,
    faults,
    said,
    appends: () => appends,
    fence: { lease: 'modelspine', fence: lease?.fence ?? 0 },
    again: make,
    async commit(count, details = {}) {
      for (let left = count; left > 0; left -= 1) {
        committed += 1
        const entry: AuditEntry = {
          id: `e${committed}`,
          atMs: clock.now(),
          actor: ann,
          action: 'route-applied',
          kind: 'ModelRoute',
          key: 'default/r',
          uid: 'u',
          generation: committed,
          details,
        }
        await store.putSpec(defineRoute(route('r', { timeout: `${committed}s` })), {
          actor: ann,
          nowMs: clock.now(),
          uid: 'u',
          events: () => [entry],
        })
      }
    },
    recorded: async () => (await collect(log.read())).map(({ id }) => id),
    get pump() {
      return first
    },
  }
  const first = make()
  return scene
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, place) => `e${place + 1}`)
const down = new ModelspineError('audit-unavailable', 'the disk is full')

describe('the audit pump', () => {
  it('lets other work have its turn while it carries many events', async () => {
    const scene = await createScene()
    await scene.commit(1000)
    let turns = 0
    let carrying = true
    const turn = (): void => {
      turns += 1
      if (carrying) setImmediate(turn)
    }
    setImmediate(turn)
    await scene.pump.drain()
    carrying = false
    expect(await scene.recorded()).toHaveLength(1000)
    expect(turns).toBeGreaterThanOrEqual(4)
  })

  it('carries events in commit order, in batches, until none is left', async () => {
    const { pump, commit, recorded, store, appends } = await createScene()
    await commit(450)
    await pump.drain()
    expect(await recorded()).toEqual(ids(450))
    expect(appends()).toBe(3)
    expect(await store.readEvents(1)).toEqual([])
  })

  it('records each event once although it died between append and acknowledge', async () => {
    const { pump, again, commit, recorded, faults, store } = await createScene()
    await commit(3)
    faults.acknowledge = new Error('killed')
    await expect(pump.drain()).rejects.toThrow('killed')
    expect(await recorded()).toEqual(ids(3))
    delete faults.acknowledge
    await commit(2)
    await again().drain()
    expect(await recorded()).toEqual(ids(5))
    expect(await store.readEvents(1)).toEqual([])
  })

  it('tries again at growing intervals, and reports the fault meanwhile', async () => {
    const { pump, clock, commit, recorded, faults, appends } = await createScene()
    faults.append = down
    await commit(1)
    pump.nudge()
    await clock.advance(0)
    expect(pump.fault).toBe(down)
    const tries: number[] = []
    for (let second = 0; second < 120; second += 1) {
      const before = appends()
      await clock.advance(1000)
      tries.push(appends() - before)
    }
    expect(tries[0]).toBeGreaterThanOrEqual(3)
    expect(tries.slice(60).reduce((sum, each) => sum + each)).toBeLessThanOrEqual(3)
    delete faults.append
    await clock.advance(30_000)
    expect(pump.fault).toBeUndefined()
    expect(await recorded()).toEqual(ids(1))
  })

  it('carries no event without the lease', async () => {
    const scene = await createScene()
    const { fence } = scene
    scene.fence = undefined
    await scene.commit(1)
    await scene.pump.drain()
    expect(await scene.recorded()).toEqual([])
    scene.fence = fence
    await scene.pump.drain()
    expect(await scene.recorded()).toEqual(ids(1))
  })

  it('acknowledges no event with a stale fence', async () => {
    const { pump, commit, store } = await createScene()
    await commit(1)
    await store.acquireLease('modelspine', 'me', 1000)
    await expect(pump.drain()).rejects.toMatchObject({ code: 'fence-stale' })
    expect(await store.readEvents(1)).toHaveLength(1)
  })

  it('carries the events that are committed while it runs', async () => {
    const { pump, clock, commit, recorded } = await createScene()
    for (let turn = 0; turn < 50; turn += 1) {
      const committing = commit(1)
      pump.nudge()
      await committing
      pump.nudge()
    }
    await clock.advance(0)
    expect(await recorded()).toEqual(ids(50))
  })

  it('leaves no timer behind after a stop, even when an append fails after the stop', async () => {
    const { pump, clock, commit, faults, appends } = await createScene()
    faults.append = down
    await commit(1)
    pump.nudge()
    await clock.advance(0)
    expect(clock.pendingTimers).toBe(1)
    pump.stop()
    expect(clock.pendingTimers).toBe(0)
    const before = appends()
    pump.nudge()
    await clock.advance(60_000)
    expect(appends()).toBe(before)
    const other = await createScene()
    other.faults.append = down
    await other.commit(1)
    other.pump.nudge()
    other.pump.stop()
    await other.clock.advance(0)
    expect(other.clock.pendingTimers).toBe(0)
  })

  describe('an entry that the log refuses', () => {
    const tooLong = new TypeError('the entry is too long')
    const large = { text: 'x'.repeat(1000) }
    const isLarge = ({ details }: AuditEntry): boolean => details.text !== undefined

    it('has a stand-in in its place, in order, and hinders no other entry', async () => {
      const { pump, commit, log, recorded, faults, store, said, clock } = await createScene()
      faults.refuses = (entries) => (entries.some(isLarge) ? tooLong : undefined)
      await commit(70)
      await commit(1, large)
      await commit(300)
      await pump.drain()
      expect(await recorded()).toEqual(ids(371))
      const record = (await collect(log.read()))[70]
      const entry: AuditEntry = {
        id: 'e71',
        atMs: clock.now(),
        actor: ann,
        action: 'route-applied',
        kind: 'ModelRoute',
        key: 'default/r',
        uid: 'u',
        generation: 71,
        details: large,
      }
      const text = JSON.stringify(entry)
      expect(record).toMatchObject({
        ...entry,
        details: { omitted: { bytes: text.length, sha256: sha256(text), reason: 'the entry is too long' } },
      })
      expect(await log.verify()).toMatchObject({ ok: true, records: 371 })
      expect(await store.readEvents(1)).toEqual([])
      expect(said).toEqual([expect.stringMatching(/audit log refused an entry/)])
      expect(pump.fault).toMatchObject({
        message: expect.stringMatching(/entry e71 .*the entry is too long/),
      })
      await commit(1)
      await pump.drain()
      expect(pump.fault, 'a later success hides nothing').toBeDefined()
      await clock.advance(3_600_000)
      expect(pump.fault).toBeUndefined()
    })

    it.each([
      ['an error that says nothing', new Error('413')],
      ['the error of a log that is away', down],
    ])('is found by %s, when the log takes another entry meanwhile', async (_what, error) => {
      const { pump, commit, recorded, faults, log } = await createScene()
      faults.refuses = (entries) => (entries.some(isLarge) ? error : undefined)
      await commit(3, large)
      await commit(2)
      await pump.drain()
      expect((await recorded()).sort()).toEqual(ids(5))
      const records = await collect(log.read())
      expect(records.filter(({ details }) => 'omitted' in details).map(({ id }) => id)).toEqual([
        'e1',
        'e2',
        'e3',
      ])
    })

    it('waits when it is alone and the error may be the log’s', async () => {
      const { pump, commit, recorded, faults } = await createScene()
      faults.refuses = (entries) => (entries.some(isLarge) ? new Error('413') : undefined)
      await commit(1, large)
      await expect(pump.drain()).rejects.toThrow('413')
      expect(await recorded()).toEqual([])
      await commit(1)
      await pump.drain()
      expect((await recorded()).sort()).toEqual(ids(2))
    })

    it('is recorded whole when the log only failed for a while', async () => {
      for (let failures = 1; failures < 8; failures += 1) {
        const { pump, clock, commit, faults, log } = await createScene()
        faults.refuses = (_entries, append) => (append <= failures ? new Error('reset') : undefined)
        await commit(5, large)
        pump.nudge()
        await clock.advance(60_000)
        const records = await collect(log.read())
        expect(records.map(({ id }) => id).sort()).toEqual(ids(5))
        expect(records.every(isLarge)).toBe(true)
      }
    })

    it('costs few calls while the log is away', async () => {
      const { pump, commit, faults, appends } = await createScene()
      faults.append = down
      await commit(300)
      for (let run = 0; run < 10; run += 1) await expect(pump.drain()).rejects.toBe(down)
      expect(appends()).toBeLessThanOrEqual(21)
    })
  })

  it('stops after an append that was under way at the stop', async () => {
    const { pump, clock, commit, faults, store, appends } = await createScene()
    faults.refuses = (_entries, append) => {
      if (append === 1) pump.stop()
      return undefined
    }
    await commit(450)
    pump.nudge()
    await clock.advance(60_000)
    expect(appends()).toBe(1)
    expect(await store.readEvents(1000)).toHaveLength(250)
  })
})
