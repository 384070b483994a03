import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../src/resources/deployment/condition.ts'
import { here } from '../../../status.ts'
import { gateNamed, revisionFor, specWith } from '../machine/fixtures.ts'
import { comesToRest } from './comes-to-rest.ts'
import { deployed, heldBy, reach, sharesOf, statusOf, worldOf } from './story.ts'
import type { World } from './world.ts'

const spec = specWith({ canary: { steps: [{ weight: 30 }, { pause: 'until-promoted' }, { weight: 60 }] } })
const measured = specWith(
  { canary: { steps: [{ weight: 30 }, { analyze: ['accuracy'], for: '10m' }] } },
  { analysis: [gateNamed('accuracy')] },
)

function vanish(world: World, version: number): void {
  const { vendor } = world.target
  vendor.copies = vendor.copies.filter(({ revision }) => Number(revision.model.version) !== version)
}

describe('a list that shows a new revision only after four minutes', () => {
  it.each(['deterministic', 'tagged', 'random'] as const)(
    'causes no second create at names that are %s',
    async (names) => {
      const world = await deployed(worldOf(spec, { names }, { listMs: 240_000 }))
      world.version = 2
      await reach(world, 'pausing')
      expect([...world.witness.created.values()]).toEqual([1, 1])
      expect(world.witness.sent).toBe(2)
    },
  )

  it('hides no revision from a deletion', async () => {
    const world = await worldOf(spec, { names: 'tagged' }, { listMs: 240_000 })
    await world.look()
    await world.delete()
    expect(await comesToRest(world)).toBe(true)
    expect([world.isGone, heldBy(world)]).toEqual([true, []])
  })
})

describe('a stable revision that is lost in the middle of a rollback', () => {
  it('takes no traffic from the candidate, although the target has no room for another revision', async () => {
    const world = await deployed(worldOf(spec, { maxRevisions: 2 }))
    world.version = 2
    await reach(world, 'pausing')
    await world.person({ kind: 'promote' })
    while (sharesOf(world).v2 !== 60) await world.look()
    vanish(world, 1)
    await world.look()
    world.version = 3
    for (let round = 0; round < 3; round += 1) await world.look()
    expect([sharesOf(world), heldBy(world)]).toEqual([{ v1: 40, v2: 60 }, [2]])
  })

  it('is created again, and the aborted candidate is not', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    vanish(world, 2)
    for (let seconds = 0; seconds < 5; seconds += 1) {
      world.target.fault = 'refused'
      await world.look()
      await world.pass(1_000)
    }
    await reach(world, 'failed')
    expect([sharesOf(world), heldBy(world)]).toEqual([{ v1: 100 }, [1]])
    expect(world.witness.created.get(revisionFor(2, spec).name)).toBe(1)
  })
})

describe('a rollout that stopped because an outcome is unknown', () => {
  it('gives the traffic back to the stable revision when that one is ready again', async () => {
    const world = await deployed(worldOf(spec, { names: 'random' }))
    const [stable] = world.target.vendor.copies
    if (stable === undefined) throw new Error('nothing runs')
    world.version = 2
    await reach(world, 'pausing')
    stable.health = 'unready'
    world.version = 3
    await reach(world, 'rolling-back')
    world.target.fault = 'lost-after'
    await reach(world, 'stopped')
    expect(sharesOf(world)).toEqual({ v1: 70, v2: 30 })
    stable.health = 'ready'
    await world.look()
    expect([statusOf(world).rollout.phase, sharesOf(world)]).toEqual(['stopped', { v1: 100 }])
  })
})

describe('an abort', () => {
  it('is not undone by a look that waits for a metric source meanwhile', async () => {
    const world = await deployed(worldOf(measured))
    world.version = 2
    await reach(world, 'analyzing')
    await world.look({ call: 3, when: 'before', event: 'slow-abort' })
    expect(world.witness.last?.calls).toContain('query')
    expect([statusOf(world).rollout.phase, sharesOf(world)]).toEqual(['rolling-back', { v1: 100 }])
    await reach(world, 'failed')
    expect(heldBy(world)).toEqual([1])
  })
})

describe('a gate that surely fails', () => {
  it('turns the rollout back at once, although the target takes forty seconds to answer', async () => {
    const world = await deployed(worldOf(measured))
    world.version = 2
    world.modes.set(2, 'fail-early')
    while (statusOf(world).rollout.phase !== 'analyzing') {
      await world.pass(5_000)
      await world.look()
    }
    const beganMs = world.now
    await world.look({ call: 1, when: 'before', event: 'slow' })
    const { rollout } = statusOf(world)
    expect([rollout.phase, sharesOf(world)]).toEqual(['rolling-back', { v1: 100 }])
    expect(rollout.sinceMs - beganMs).toBeLessThan(10_000)
    expect(world.now - beganMs).toBeGreaterThanOrEqual(40_000)
  })
})

describe('a removal that does not end', () => {
  it('does not keep the next version from its rollout', async () => {
    const world = await deployed(worldOf(spec, {}, { goneMs: 30 * 24 * 3_600_000 }))
    world.version = 2
    world.broken.add(2)
    await reach(world, 'rolling-back')
    world.version = 3
    await reach(world, 'pausing')
    expect([sharesOf(world), heldBy(world)]).toEqual([{ v1: 70, v3: 30 }, [1, 2, 3]])
  })
})

describe('an aborted first revision', () => {
  it('is removed and gets no traffic, although it is ready when another one is declared', async () => {
    const world = await worldOf(spec)
    await world.look()
    await world.pass(10_000)
    await world.person({ kind: 'abort' })
    world.version = 2
    await world.look({ call: 3, when: 'after', event: 'die' })
    await world.look()
    expect(statusOf(world).traffic).toEqual([])
    await reach(world, 'converged')
    expect([sharesOf(world), heldBy(world)]).toEqual([{ v2: 100 }, [2]])
  })
})

describe('a revision that was adopted', () => {
  it('is not scaled, because the target leaves it as it is', async () => {
    const world = await worldOf({ ...spec, scale: { min: 2, max: 2 } })
    world.target.vendor.leave(revisionFor(2, spec), { min: 1, max: 1 })
    world.version = 3
    world.broken.add(3)
    await world.pass(10_000)
    expect((await reach(world, 'failed')).cause).toBe('RevisionFailed')
    expect(await comesToRest(world)).toBe(true)
    expect([heldBy(world), conditionOf(statusOf(world).conditions, 'Degraded')]).toEqual([[2], undefined])
  })
})

describe('the answer of a target', () => {
  it('is written down although a person writes at the same moment', async () => {
    const world = await worldOf(spec, { names: 'random' })
    await world.look({ call: 6, when: 'before', event: 'edit' })
    expect(world.witness.last?.calls.slice(6)).toEqual(['putStatus', 'get', 'putStatus'])
    expect(here(statusOf(world)).handles.length).toBe(1)
    await reach(world, 'converged')
    expect([...world.witness.created.values()]).toEqual([1])
  })
})
