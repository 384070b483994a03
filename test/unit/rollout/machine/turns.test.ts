import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../src/resources/deployment/condition.ts'
import { gateNamed, revisionFor, specWith } from './fixtures.ts'
import { deployed, heldBy, reach, sharesOf, statusOf, worldOf } from './story.ts'

const spec = specWith({ canary: { steps: [{ weight: 30 }, { pause: 'until-promoted' }, { weight: 60 }] } })
const named = (version: number): string => revisionFor(version, spec).name

describe('superseding', () => {
  it('turns back a rollout whose revision is no longer wanted, aborts no revision and begins the next', () => {
    const world = deployed(worldOf(spec))
    world.version = 2
    reach(world, 'pausing')
    world.version = 3
    expect(reach(world, 'rolling-back').cause).toBe('Superseded')
    reach(world, 'pausing')
    expect([sharesOf(world), statusOf(world).aborted]).toEqual([{ v1: 70, v3: 30 }, []])
    expect(heldBy(world).toSorted()).toEqual([1, 3])
  })

  it('ends at once when the stable revision is wanted again', () => {
    const world = deployed(worldOf(spec))
    world.version = 2
    reach(world, 'pausing')
    world.version = 1
    reach(world, 'converged')
    expect([sharesOf(world), heldBy(world)]).toEqual([{ v1: 100 }, [1]])
  })
})

describe('an aborted revision', () => {
  it('is not tried again before retry, even after another revision', () => {
    const world = deployed(worldOf(spec))
    world.version = 2
    reach(world, 'pausing')
    world.person({ kind: 'abort' })
    reach(world, 'failed')
    world.version = 1
    reach(world, 'converged')
    world.version = 2
    expect(reach(world, 'failed').cause).toBe('Aborted')
    expect(heldBy(world)).toEqual([1])
    expect(world.person({ kind: 'retry' })).toBe(true)
    reach(world, 'pausing')
    expect(sharesOf(world)).toEqual({ v1: 70, v2: 30 })
  })

  it('does not hold up other revisions', () => {
    const world = deployed(worldOf(spec))
    world.version = 2
    world.broken.add(2)
    reach(world, 'failed')
    world.version = 3
    reach(world, 'pausing')
    expect(sharesOf(world)).toEqual({ v1: 70, v3: 30 })
  })

  it('is removed when it appears at the target later', () => {
    const world = deployed(worldOf(spec))
    world.version = 2
    world.broken.add(2)
    reach(world, 'failed')
    world.target.leave(revisionFor(2, spec), spec.scale, world.now)
    expect(world.settle()).toBe(true)
    expect(heldBy(world)).toEqual([1])

    const first = worldOf(spec)
    first.broken.add(1)
    reach(first, 'failed')
    first.target.leave(revisionFor(1, spec), spec.scale, first.now)
    expect(first.settle()).toBe(true)
    expect(heldBy(first)).toEqual([])
  })

  it('does not leave a kept revision beside the stable revision', () => {
    const kept = specWith({ blueGreen: { autoPromote: true, analyze: [], for: '1m', keepPrevious: '1h' } })
    const world = deployed(worldOf(kept))
    world.version = 3
    world.broken.add(3)
    reach(world, 'failed')
    world.version = 2
    reach(world, 'retiring')
    world.version = 3
    reach(world, 'failed')
    expect(world.settle()).toBe(true)
    expect(heldBy(world)).toEqual([2])
  })
})

describe('the progress deadline', () => {
  it('turns back a revision that does not become ready in time', () => {
    const world = worldOf(spec, {}, { readyMs: 100 * 60_000 })
    const { sinceMs } = reach(world, 'starting')
    const back = reach(world, 'rolling-back')
    expect([back.cause, back.sinceMs - sinceMs]).toEqual(['ProgressDeadlineExceeded', 30 * 60_000])
  })

  it('counts for a revision that stops being ready while it waits, even for a policy', () => {
    const world = deployed(worldOf(spec))
    world.version = 2
    reach(world, 'pausing')
    world.person({ kind: 'promote' })
    world.verdicts.set(2, 'deny')
    reach(world, 'blocked')
    for (const copy of world.target.copies) if (copy.revision.name === named(2)) copy.health = 'unready'
    expect(reach(world, 'rolling-back').cause).toBe('ProgressDeadlineExceeded')
  })

  it('does not count the time for which a person paused the rollout', () => {
    const world = deployed(worldOf(spec, {}, { readyMs: 100_000 }))
    world.version = 2
    reach(world, 'starting')
    world.person({ kind: 'pause' })
    world.now += 20 * 3_600_000
    world.target.copies.forEach((copy) => {
      if (copy.revision.name === named(2)) copy.health = 'unready'
    })
    world.reconcile()
    expect(statusOf(world).rollout.phase).toBe('starting')
    world.person({ kind: 'resume' })
    world.reconcile()
    expect(statusOf(world).rollout.phase).toBe('starting')
  })

  it('does not count the time for which a person paused it between two steps', () => {
    const world = deployed(worldOf(spec))
    world.version = 2
    reach(world, 'pausing')
    for (const copy of world.target.copies) if (copy.revision.name === named(2)) copy.health = 'unready'
    world.reconcile()
    world.person({ kind: 'pause' })
    world.now += 3_600_000
    world.reconcile()
    world.person({ kind: 'resume' })
    world.reconcile()
    expect(statusOf(world).rollout.phase).toBe('pausing')
  })
})

describe('an unhealthy stable revision', () => {
  it('keeps its split, is reported, and does not hold up its successor', () => {
    const world = deployed(worldOf(spec))
    for (const copy of world.target.copies) copy.health = 'unready'
    world.reconcile()
    expect(sharesOf(world)).toEqual({ v1: 100 })
    expect(conditionOf(statusOf(world).conditions, 'StableUnhealthy')?.message).toContain('unready')
    world.version = 2
    reach(world, 'pausing')
    world.person({ kind: 'promote', full: true })
    reach(world, 'converged')
    expect(sharesOf(world)).toEqual({ v2: 100 })
    expect(conditionOf(statusOf(world).conditions, 'StableUnhealthy')).toBeUndefined()
  })

  it('gets no traffic back before it is ready', () => {
    const world = deployed(worldOf(spec))
    world.version = 2
    reach(world, 'pausing')
    for (const copy of world.target.copies) if (copy.revision.name === named(1)) copy.health = 'unready'
    world.reconcile()
    world.person({ kind: 'abort' })
    for (let round = 0; round < 5; round += 1) world.reconcile()
    expect([statusOf(world).rollout.phase, sharesOf(world)]).toEqual(['rolling-back', { v1: 70, v2: 30 }])
    for (const copy of world.target.copies) copy.health = 'ready'
    reach(world, 'failed')
    expect([sharesOf(world), heldBy(world)]).toEqual([{ v1: 100 }, [1]])
  })

  it('is created again when it vanished from the target', () => {
    const world = deployed(worldOf(spec))
    world.target.copies = []
    expect(world.settle()).toBe(true)
    expect([heldBy(world), sharesOf(world)]).toEqual([[1], { v1: 100 }])
  })
})

describe('the wanted revision', () => {
  it('makes the deployment not Ready while it is unknown', () => {
    const world = deployed(worldOf(spec))
    world.version = undefined
    world.reconcile()
    expect(statusOf(world).rollout.phase).toBe('pending')
    expect(conditionOf(statusOf(world).conditions, 'Ready')?.status).toBe('False')
    world.version = 1
    reach(world, 'converged')
  })

  it('is not begun while the rollout is paused, and the conditions say so', () => {
    const world = deployed(worldOf(spec))
    world.person({ kind: 'pause' })
    world.version = 2
    expect(world.settle()).toBe(true)
    expect(heldBy(world)).toEqual([1])
    expect(conditionOf(statusOf(world).conditions, 'Progressing')?.reason).toBe('Paused')
    expect(conditionOf(statusOf(world).conditions, 'Ready')?.status).toBe('False')
  })

  it('changes its scale without a rollout', () => {
    const world = deployed(worldOf(spec))
    world.declare({ ...spec, scale: { min: 2, max: 4 } })
    expect(world.settle()).toBe(true)
    expect(world.target.copies[0]?.scale).toEqual({ min: 2, max: 4 })
    expect([...world.witness.created.values()]).toEqual([1])
  })

  it('is held when its gate has no data', () => {
    const measured = specWith(
      { canary: { steps: [{ analyze: ['accuracy'], for: '1m' }] } },
      { analysis: [gateNamed('accuracy')] },
    )
    const world = deployed(worldOf(measured))
    world.version = 2
    world.modes.set(2, 'no-data')
    expect(reach(world, 'holding').message).toContain('no-data')
  })
})
