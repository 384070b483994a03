import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../src/index.ts'
import type { Key } from '../../../src/resources/metadata.ts'
import type { FakeClock } from '../../../src/testing/fake-clock.ts'
import { ann, digits, inTime, type PlaneFixture, planeFixture, registerVersions } from './plane-fixture.ts'

const fleet = 60
const hour = 3_600_000
const names = Array.from({ length: fleet }, (_, place) => `d${String(place).padStart(3, '0')}`)

interface Fleet {
  readonly clock: FakeClock
  readonly first: PlaneFixture
  /** The keys that were observed, in order. */
  readonly looked: Key[]
  /** The keys that were changed, in order. */
  readonly changed: Key[]
  /** Another process over the same store and vendor. Each call of the vendor takes 200 ms. */
  restart(options?: Parameters<typeof planeFixture>[0]): PlaneFixture
}

/** A converged fleet. One of them is in the middle of a canary. */
async function converged(size = fleet): Promise<Fleet> {
  // Another process goes on with them.
  const base = planeFixture()
  const { clock } = base
  const store = { ...base.store, close: async () => {} }
  const audit = { ...base.audit, close: async () => {} }
  const looked: Key[] = []
  const changed: Key[] = []
  let slowMs = 0
  const slow = (): Promise<void> =>
    slowMs === 0 ? Promise.resolve() : new Promise((resolve) => clock.schedule(slowMs, resolve))
  const vendorOf = ({ target }: PlaneFixture): DeploymentTarget => ({
    ...target,
    async observe(key, options) {
      looked.push(key)
      await slow()
      return target.observe(key, options)
    },
    async apply(key, want, options) {
      changed.push(key)
      await slow()
      return target.apply(key, want, options)
    },
  })
  const open = (plane = {}): PlaneFixture =>
    planeFixture({
      beside: base,
      plane: { store, audit, targets: { local: vendorOf(base) }, resyncMs: hour, ...plane },
    })
  const first = open()
  await registerVersions(first.registry, '1', '2')
  await first.plane.start()
  for (const name of names.slice(0, size))
    await first.plane.apply({ ...digits('1'), metadata: { name } }, { actor: ann })
  await clock.advance(30_000)
  if (size > 40) {
    const canary = { canary: { steps: [{ weight: 50 }, { pause: 'until-promoted' as const }] } }
    await first.plane.apply(
      { ...digits('2', { strategy: canary }), metadata: { name: 'd040' } },
      { actor: ann },
    )
    await clock.advance(30_000)
  }
  return {
    clock,
    first,
    looked,
    changed,
    restart({ plane } = {}) {
      slowMs = 200
      looked.length = 0
      changed.length = 0
      return open(plane)
    },
  }
}

describe('a process that begins to lead', () => {
  it('looks first at what a person asked for before it began to lead', async () => {
    const { clock, first, changed, looked, restart } = await converged()
    await first.plane.stop()
    const second = restart()
    // Declared while nobody leads.
    await second.plane.apply({ ...digits('2'), metadata: { name: 'd059' } }, { actor: ann })
    await second.plane.start()
    await clock.advance(1000)
    expect(changed).toEqual(['default/d059'])
    expect(looked.indexOf('default/d059')).toBeLessThan(10)
    expect(looked.length).toBeLessThan(fleet / 2)
    await inTime(second, second.plane.stop())
  })

  it('does what a person asks for while it looks at everything', async () => {
    const { clock, first, looked, restart } = await converged()
    await first.plane.stop()
    const second = restart()
    await second.plane.start()
    await clock.advance(500)
    const beganMs = clock.now()
    await second.plane.abort('d040', { actor: ann })
    await second.until(async () => (await second.plane.get('d040'))?.status?.traffic.length === 1)
    expect(clock.now() - beganMs).toBeLessThanOrEqual(1000)
    expect(new Set(looked).size).toBeLessThan(fleet)
    await inTime(second, second.plane.stop())
  })

  it('gets to all of them although one changes without end', async () => {
    const { clock, first, looked, restart } = await converged()
    await first.plane.stop()
    const second = restart()
    await second.plane.start()
    for (let change = 0; new Set(looked).size < fleet && change < 1000; change += 1) {
      const strategy = { canary: { steps: [{ weight: 1 + (change % 2) }] } }
      await second.plane.apply({ ...digits('1', { strategy }), metadata: { name: 'd007' } }, { actor: ann })
      await clock.advance(100)
    }
    expect(new Set(looked).size).toBe(fleet)
    await inTime(second, second.plane.stop())
  })
})

describe('a fleet that stands still', () => {
  it('is looked at every resyncMs while it is small, and at the rate of looks when it is large', async () => {
    const size = 12
    const { clock, first, looked, restart } = await converged(size)
    await first.plane.stop()
    const looksOf = async (pace: object): Promise<number> => {
      const plane = restart({ plane: { resyncMs: 60_000, pace } }).plane
      await plane.start()
      await clock.advance(hour / 2)
      looked.length = 0
      await clock.advance(hour / 2)
      await plane.stop()
      return looked.length / size
    }
    const small = await looksOf({})
    expect(small).toBeGreaterThan(26)
    expect(small).toBeLessThan(34)
    // Five minutes for twelve deployments at one look in 25 seconds.
    const large = await looksOf({ resyncsPerSecond: 0.04 })
    expect(large).toBeGreaterThan(5)
    expect(large).toBeLessThan(7)
    const bounded = await looksOf({ resyncsPerSecond: 0.001, longestResyncMs: 120_000 })
    expect(bounded).toBeGreaterThan(13)
    expect(bounded).toBeLessThan(17)
  })

  it('shows in health() how often it is looked at, while this process leads', async () => {
    const { clock, first, restart } = await converged(12)
    await first.plane.stop()
    const open = (pace: object): PlaneFixture => restart({ plane: { resyncMs: 60_000, pace } })
    const shownBy = async (pace: object): Promise<number | undefined> => {
      const [leader, standby] = [open(pace), open(pace)]
      await leader.plane.start()
      await clock.advance(hour / 2)
      await standby.plane.start()
      const shown = leader.plane.health().resyncMs
      expect(standby.plane.health().resyncMs).toBeUndefined()
      for (const each of [standby, leader]) await inTime(each, each.plane.stop())
      expect(leader.plane.health().resyncMs).toBeUndefined()
      return shown
    }
    expect(await shownBy({})).toBe(60_000)
    expect(await shownBy({ resyncsPerSecond: 0.04 })).toBe(300_000)
    expect(await shownBy({ resyncsPerSecond: 0.001, longestResyncMs: 120_000 })).toBe(120_000)
  })
})
