import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../src/deployment-target/contract.ts'
import { ModelspineError } from '../../../src/errors.ts'
import { type Cloud, openCloud } from '../../kill/vendor/cloud.ts'
import { cloudTarget } from '../../kill/vendor/cloud-target.ts'
import { ann, digits, inTime, type PlaneFixture, planeFixture, registerVersions } from './plane-fixture.ts'

const lagMs = 30_000

interface Lagging extends PlaneFixture {
  readonly cloud: Cloud
  /** The vendor's own target, to put something around it. */
  readonly vendor: DeploymentTarget
}

/** A plane whose target has tagged names and shows a creation or a removal only after 30 s. */
function lagging(around: (vendor: DeploymentTarget) => DeploymentTarget = (vendor) => vendor): Lagging {
  const scene = planeFixture()
  const cloud = openCloud({ path: ':memory:', lagMs, now: () => scene.clock.now() })
  const vendor = cloudTarget(cloud, 'none')
  const fixture = planeFixture({ beside: scene, plane: { targets: { local: around(vendor) } } })
  return { ...fixture, cloud, vendor }
}

const created = ({ cloud }: Lagging): readonly (string | undefined)[] =>
  cloud
    .record()
    .mutations.filter(({ kind }) => kind === 'create')
    .map(({ revision }) => revision)

const running = ({ cloud }: Lagging): readonly string[] =>
  cloud.record().running.map(({ revision }) => revision)

const desired = async ({ plane }: Lagging): Promise<string | undefined> =>
  (await plane.get('digits'))?.status?.desired

describe('a target whose list lags by 30 s', () => {
  it('creates each revision once, and leaves only the wanted one', async () => {
    const fixture = lagging()
    const { plane, registry } = fixture
    await registerVersions(registry, '1', '2')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'converged', 120_000)
    const first = await desired(fixture)
    await plane.apply(digits('2'), { actor: ann })
    await fixture.until(async () => (await plane.get('digits'))?.status?.observedGeneration === 2)
    await fixture.until(async () => (await fixture.phase()) === 'converged', 240_000)
    expect(created(fixture)).toEqual([first, await desired(fixture)])
    expect(running(fixture)).toEqual([await desired(fixture)])
  })

  it('creates once although the answer was lost', async () => {
    let lost = 0
    const fixture = lagging((vendor) => ({
      ...vendor,
      async apply(...call) {
        const result = await vendor.apply(...call)
        if (result.kind !== 'accepted' || lost >= 3) return result
        lost += 1
        throw new ModelspineError('target-unavailable', 'the connection broke')
      },
    }))
    const { plane, registry } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'converged', 240_000)
    expect(lost).toBeGreaterThan(0)
    expect(created(fixture)).toEqual([await desired(fixture)])
  })

  it('creates once although another process takes over before the list shows it', async () => {
    const one = lagging()
    const { registry, store, audit, vendor } = one
    const shared = { ...store, close: async () => {} }
    const first = planeFixture({ beside: one, plane: { store: shared, audit, targets: { local: vendor } } })
    await registerVersions(registry, '1')
    await first.plane.start()
    await first.plane.apply(digits('1'), { actor: ann })
    await one.until(() => created(one).length === 1)
    await inTime(one, first.plane.stop())
    await one.plane.start()
    await one.until(async () => (await one.phase()) === 'converged', 240_000)
    expect(created(one)).toEqual([await desired(one)])
  })

  it('removes a revision that was turned back before the list showed it', async () => {
    const fixture = lagging()
    const { plane, registry, clock } = fixture
    await registerVersions(registry, '1', '2')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'converged', 120_000)
    const first = await desired(fixture)
    await plane.apply(digits('2'), { actor: ann })
    await fixture.until(() => created(fixture).length === 2)
    await plane.abort('digits', { actor: ann })
    await clock.advance(240_000)
    expect(running(fixture)).toEqual([first])
    expect(created(fixture).length).toBe(2)
  })

  it('keeps nothing of a deployment that was deleted before the list showed it', async () => {
    const fixture = lagging()
    const { plane, registry, clock } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await fixture.until(() => created(fixture).length === 1)
    await plane.delete('digits', { actor: ann })
    await clock.advance(240_000)
    expect(running(fixture)).toEqual([])
  })
})
