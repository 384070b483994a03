import { afterEach, describe, expect, it } from 'vitest'
import {
  type ControlPlaneOptions,
  ModelspineError,
  memoryAuditLog,
  memoryStore,
} from '../../../../../src/index.ts'
import { auditLeaseName } from '../../../../../src/plane/wiring/audit/audit-work.ts'
import { leaseName } from '../../../../../src/plane/wiring/leader-work.ts'
import { silentLogger } from '../../../../../src/telemetry/logger.ts'
import { auditEntry } from '../../../../audit-entry.ts'
import {
  ann,
  collect,
  digits,
  inTime,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  serving,
} from '../../plane-fixture.ts'

let fixtures: PlaneFixture[] = []

const opened = (beside?: PlaneFixture, plane: Partial<ControlPlaneOptions> = {}): PlaneFixture => {
  const fixture = planeFixture({ plane, ...(beside !== undefined && { beside }) })
  fixtures.push(fixture)
  return fixture
}

afterEach(async () => {
  for (const fixture of fixtures) await inTime(fixture, fixture.plane.stop({ drainMs: 0 })).catch(() => {})
  fixtures = []
})

const waiting = async ({ store }: PlaneFixture): Promise<number> => (await store.readEvents(1000)).length

describe('the audit log of a plane', () => {
  it('is written under a lease of its own, by whoever holds that', async () => {
    const fixture = opened()
    const { plane, store, clock, audit, until } = fixture
    const elsewhere = await store.acquireLease(auditLeaseName, 'another process', 60_000)
    await serving(fixture)
    expect(plane.health().leading).toBe(true)
    await clock.advance(30_000)
    expect(await waiting(fixture)).toBeGreaterThan(3)
    expect(await collect(audit.read())).toEqual([])
    if (elsewhere !== null) await store.releaseLease(elsewhere)
    await until(async () => (await waiting(fixture)) === 0)
    expect((await collect(audit.read())).length).toBeGreaterThan(3)
  })

  it('is written by this process although another one leads', async () => {
    const fixture = opened()
    const { plane, store, clock, audit } = fixture
    await store.acquireLease(leaseName, 'another process', 600_000)
    await plane.start()
    await clock.advance(3000)
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(100)
    expect(plane.health().leading).toBe(false)
    expect((await collect(audit.read())).map(({ action }) => action)).toEqual(['deployment-applied'])
  })

  it.each(['default/digits', 'default/nothing'] as const)(
    'gets an event of %s that another process committed without an object',
    async (key) => {
      const fixture = opened()
      const { store, clock, audit } = fixture
      await serving(fixture)
      await clock.advance(1000)
      await store.putEvents('ModelDeployment', key, [auditEntry('alone')])
      await clock.advance(1000)
      expect((await collect(audit.read())).at(-1)?.id).toBe('alone')
    },
  )

  it('gets what is said of orphans from a process that does not write it', async () => {
    const before = opened()
    await serving(before)
    await inTime(before, before.plane.stop())
    // The store is another one, so what serves is an orphan.
    const clock = before.clock
    const audit = memoryAuditLog()
    const fixture = opened(before, { orphans: 'remove', store: memoryStore({ clock }), audit })
    const { plane, store, target, until } = fixture
    const elsewhere = await store.acquireLease(auditLeaseName, 'another process', 3_600_000)
    await plane.start()
    expect(await target.list()).toEqual(['default/digits'])
    await until(async () => (await target.list()).length === 0, 900_000)
    await clock.advance(600_000)
    const said = (await store.readEvents(1000)).map(({ entry }) => entry)
    expect(await collect(audit.read())).toEqual([])
    expect(said.map(({ action, key }) => [action, key])).toEqual([
      ['orphan-removal-requested', 'default/digits'],
      ['orphan-removal-requested', 'default/digits'],
      ['orphan-removed', 'default/digits'],
    ])
    if (elsewhere !== null) await store.releaseLease(elsewhere)
    await until(async () => (await waiting(fixture)) === 0)
    expect((await collect(audit.read())).map(({ id }) => id)).toEqual(said.map(({ id }) => id))
  })

  it('says of a borrowed lease that cannot be given back what the loop says of its own', async () => {
    const said: [object, string][] = []
    const say = (fields: object, message: string): void => void said.push([fields, message])
    const fixture = opened(undefined, { logger: { ...silentLogger, warn: say, error: say } })
    const { plane, registry, store } = fixture
    store.releaseLease = async () => {
      throw new ModelspineError('store-unavailable', 'locked')
    }
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    await plane.reconcileOnce('digits')
    expect(await waiting(fixture)).toBe(0)
    const message = 'the lease could not be given back; it expires by itself'
    expect(said.filter(([fields]) => 'lease' in fields || 'error' in fields)).toEqual([
      [{ lease: auditLeaseName, error: 'locked' }, message],
      [{ lease: leaseName, error: 'locked' }, message],
    ])
  })

  it('stays as it is when its end was deleted, until a person lets the plane go on', async () => {
    const store = { ...memoryStore(), close: async () => {} }
    const fixture = opened(undefined, {
      store,
      audit: { ...memoryAuditLog(), capabilities: { durable: true } },
    })
    await serving(fixture)
    await fixture.until(async () => (await waiting(fixture)) === 0)
    await inTime(fixture, fixture.plane.stop())
    const empty = { ...memoryAuditLog(), capabilities: { durable: true } }
    const { plane, clock, until } = opened(fixture, { store, audit: empty })
    await plane.start()
    await until(() => plane.health().faults.length > 0)
    expect(plane.health().faults).toMatchObject([{ part: 'audit', reason: 'AuditBroken' }])
    expect(await plane.audit.verify()).toMatchObject({ ok: false, sequence: 1 })
    await plane.apply(digits('1', { scale: { min: 2, max: 4 } }), { actor: ann })
    await clock.advance(60_000)
    expect(await collect(empty.read()), 'nothing is overwritten').toEqual([])
    await plane.continueAudit({ actor: ann })
    await clock.advance(60_000)
    expect((await store.readEvents(1)).length).toBe(0)
    const actions = (await collect(plane.audit.read())).map(({ action }) => action)
    expect(actions.slice(0, 2)).toEqual(['log-continued', 'deployment-applied'])
    expect(plane.health().faults).toEqual([])
    expect(await plane.audit.verify()).toMatchObject({ ok: true, records: actions.length })
  })

  it('is taken over together with the work when the process that did both ends', async () => {
    const first = opened()
    for (const shared of [first.store, first.audit]) shared.close = async () => {}
    await serving(first)
    const second = opened(first)
    await second.plane.start()
    await first.clock.advance(5000)
    expect(second.plane.health().leading).toBe(false)
    await inTime(first, first.plane.stop())
    await second.until(() => second.plane.health().leading)
    await second.plane.apply(digits('1', { scale: { min: 2, max: 4 } }), { actor: ann })
    await second.until(async () => (await waiting(second)) === 0)
  })
})
