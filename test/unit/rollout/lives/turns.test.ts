import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../src/resources/deployment/condition.ts'
import { gateNamed, revisionFor, specWith } from '../machine/fixtures.ts'
import { comesToRest } from './comes-to-rest.ts'
import { deployed, heldBy, reach, sharesOf, statusOf, worldOf } from './story.ts'

const spec = specWith({ canary: { steps: [{ weight: 30 }, { pause: 'until-promoted' }, { weight: 60 }] } })
const refersTo = (alias: string): typeof spec => ({
  ...spec,
  model: { registry: 'memory', name: 'churn', alias },
})
const named = (version: number): string => revisionFor(version, spec).name

describe('superseding', () => {
  it('turns back a rollout whose revision is no longer wanted, aborts no revision and begins the next', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    world.version = 3
    expect((await reach(world, 'rolling-back')).cause).toBe('Superseded')
    await reach(world, 'pausing')
    expect([sharesOf(world), statusOf(world).aborted]).toEqual([{ v1: 70, v3: 30 }, []])
    expect(heldBy(world).toSorted()).toEqual([1, 3])
  })

  it('ends at once when the stable revision is wanted again', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    world.version = 1
    await reach(world, 'converged')
    expect([sharesOf(world), heldBy(world)]).toEqual([{ v1: 100 }, [1]])
  })
})

describe('an aborted revision', () => {
  it('is not tried again before retry, even after another revision', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    await world.person({ kind: 'abort' })
    await reach(world, 'failed')
    world.version = 1
    await reach(world, 'converged')
    world.version = 2
    expect((await reach(world, 'failed')).cause).toBe('Aborted')
    expect(heldBy(world)).toEqual([1])
    expect(await world.person({ kind: 'retry' })).toBe(true)
    await reach(world, 'pausing')
    expect(sharesOf(world)).toEqual({ v1: 70, v2: 30 })
  })

  it('does not hold up other revisions', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    world.broken.add(2)
    await reach(world, 'failed')
    world.version = 3
    await reach(world, 'pausing')
    expect(sharesOf(world)).toEqual({ v1: 70, v3: 30 })
  })

  it('is removed when it appears at the target later', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    world.broken.add(2)
    await reach(world, 'failed')
    world.target.vendor.leave(revisionFor(2, spec), spec.scale)
    expect(await comesToRest(world)).toBe(true)
    expect(heldBy(world)).toEqual([1])

    const first = await worldOf(spec)
    first.broken.add(1)
    await reach(first, 'failed')
    first.target.vendor.leave(revisionFor(1, spec), spec.scale)
    expect(await comesToRest(first)).toBe(true)
    expect(heldBy(first)).toEqual([])
  })

  it('does not leave a kept revision beside the stable revision', async () => {
    const kept = specWith({ blueGreen: { autoPromote: true, analyze: [], for: '1m', keepPrevious: '1h' } })
    const world = await deployed(worldOf(kept))
    world.version = 3
    world.broken.add(3)
    await reach(world, 'failed')
    world.version = 2
    await reach(world, 'retiring')
    world.version = 3
    await reach(world, 'failed')
    expect(await comesToRest(world)).toBe(true)
    expect(heldBy(world)).toEqual([2])
  })
})

describe('the progress deadline', () => {
  it('turns back a revision that does not become ready in time', async () => {
    const world = await worldOf(spec, {}, { readyMs: 100 * 60_000 })
    const { sinceMs } = await reach(world, 'starting')
    const back = await reach(world, 'rolling-back')
    expect([back.cause, back.sinceMs - sinceMs]).toEqual(['ProgressDeadlineExceeded', 30 * 60_000])
  })

  it('counts for a revision that stops being ready while it waits, even for a policy', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    await world.person({ kind: 'promote' })
    world.verdicts.set(2, 'deny')
    await reach(world, 'blocked')
    for (const copy of world.target.vendor.copies)
      if (copy.revision.name === named(2)) copy.health = 'unready'
    expect((await reach(world, 'rolling-back')).cause).toBe('ProgressDeadlineExceeded')
  })

  it('does not count the time for which a person paused the rollout', async () => {
    const world = await deployed(worldOf(spec, {}, { readyMs: 100_000 }))
    world.version = 2
    await reach(world, 'starting')
    await world.person({ kind: 'pause' })
    await world.pass(20 * 3_600_000)
    world.target.vendor.copies.forEach((copy) => {
      if (copy.revision.name === named(2)) copy.health = 'unready'
    })
    await world.look()
    expect(statusOf(world).rollout.phase).toBe('starting')
    await world.person({ kind: 'resume' })
    await world.look()
    expect(statusOf(world).rollout.phase).toBe('starting')
  })

  it('does not count the time for which a person paused it between two steps', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    for (const copy of world.target.vendor.copies)
      if (copy.revision.name === named(2)) copy.health = 'unready'
    await world.look()
    await world.person({ kind: 'pause' })
    await world.pass(3_600_000)
    await world.look()
    await world.person({ kind: 'resume' })
    await world.look()
    expect(statusOf(world).rollout.phase).toBe('pausing')
  })
})

describe('an unhealthy stable revision', () => {
  it('keeps its split, is reported, and does not hold up its successor', async () => {
    const world = await deployed(worldOf(spec))
    for (const copy of world.target.vendor.copies) copy.health = 'unready'
    await world.look()
    expect(sharesOf(world)).toEqual({ v1: 100 })
    expect(conditionOf(statusOf(world).conditions, 'StableUnhealthy')?.message).toContain('unready')
    world.version = 2
    await reach(world, 'pausing')
    await world.person({ kind: 'promote', full: true })
    await reach(world, 'converged')
    expect(sharesOf(world)).toEqual({ v2: 100 })
    expect(conditionOf(statusOf(world).conditions, 'StableUnhealthy')).toBeUndefined()
  })

  it('gets no traffic back before it is ready', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    for (const copy of world.target.vendor.copies)
      if (copy.revision.name === named(1)) copy.health = 'unready'
    await world.look()
    await world.person({ kind: 'abort' })
    for (let round = 0; round < 5; round += 1) await world.look()
    expect([statusOf(world).rollout.phase, sharesOf(world)]).toEqual(['rolling-back', { v1: 70, v2: 30 }])
    for (const copy of world.target.vendor.copies) copy.health = 'ready'
    await reach(world, 'failed')
    expect([sharesOf(world), heldBy(world)]).toEqual([{ v1: 100 }, [1]])
  })

  it('is created again when it vanished from the target', async () => {
    const world = await deployed(worldOf(spec))
    world.target.vendor.copies = []
    expect(await comesToRest(world)).toBe(true)
    expect([heldBy(world), sharesOf(world)]).toEqual([[1], { v1: 100 }])
  })
})

describe('the wanted revision', () => {
  it('makes the deployment not Ready while it is unknown', async () => {
    const world = await deployed(worldOf(spec))
    world.version = undefined
    await world.declare(refersTo('next'))
    await world.look()
    expect(statusOf(world).rollout.phase).toBe('pending')
    expect(conditionOf(statusOf(world).conditions, 'Ready')?.status).toBe('False')
    world.version = 1
    await reach(world, 'converged')
  })

  it('is not begun while the rollout is paused, and the conditions say so', async () => {
    const world = await deployed(worldOf(spec))
    await world.person({ kind: 'pause' })
    world.version = 2
    expect(await comesToRest(world)).toBe(true)
    expect(heldBy(world)).toEqual([1])
    expect(conditionOf(statusOf(world).conditions, 'Progressing')?.reason).toBe('Paused')
    expect(conditionOf(statusOf(world).conditions, 'Ready')?.status).toBe('False')
  })

  it('changes its scale without a rollout', async () => {
    const world = await deployed(worldOf(spec))
    await world.declare({ ...spec, scale: { min: 2, max: 4 } })
    expect(await comesToRest(world)).toBe(true)
    expect(world.target.vendor.copies[0]?.scale).toEqual({ min: 2, max: 4 })
    expect([...world.witness.created.values()]).toEqual([1])
  })

  it('is held when its gate has no data', async () => {
    const measured = specWith(
      { canary: { steps: [{ analyze: ['accuracy'], for: '1m' }] } },
      { analysis: [gateNamed('accuracy')] },
    )
    const world = await deployed(worldOf(measured))
    world.version = 2
    world.modes.set(2, 'no-data')
    expect((await reach(world, 'holding')).message).toContain('has no data')
  })
})
