import { describe, expect, it } from 'vitest'
import type { DeploymentStatus, LedgerEntry } from '../../../../src/resources/deployment/deployment-status.ts'
import { recordOutcome, settle } from '../../../../src/rollout/machine/effects/effect-outcome.ts'
import { initialStatus } from '../../../../src/rollout/machine/status-edits.ts'
import { ledgerEntry } from '../../../../src/rollout/shell/send-effect.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { here, ledgerOf, type StatusParts, statusWith } from '../../../status.ts'
import { comesToRest } from '../lives/comes-to-rest.ts'
import { deployed, heldBy, reach, sharesOf, statusOf, worldOf } from '../lives/story.ts'
import { ada, capabilities, decideIn, observing, revisionFor, specWith, startMs } from './fixtures.ts'

const spec = specWith({ rolling: { step: 50, every: '0s' } })
const [v1, v2, v3] = [revisionFor(1, spec), revisionFor(2, spec), revisionFor(3, spec)]
const ready = { weight: 100, scale: { min: 1, max: 1 } }

function converged(rest: StatusParts = {}): DeploymentStatus {
  return statusWith({
    target: 'prod',
    stable: v1.name,
    revisions: [{ revision: v1, state: 'ready', sinceMs: startMs }],
    split: [{ revision: v1.name, weight: 100 }],
    rollout: { phase: 'converged', revision: v1.name, sinceMs: startMs },
    ...rest,
  })
}

describe('a converged deployment', () => {
  it('has no effect to send, nothing to write and no event to emit', () => {
    const situation = { spec, desired: v1, observed: observing([v1, 'ready', ready]) }
    const first = decideIn({ ...situation, status: converged() })
    const second = decideIn({ ...situation, status: first.status, now: startMs + 3_600_000 })
    expect([second.effect, second.events, second.requeueAfterMs]).toEqual([undefined, [], null])
    expect(second.status).toEqual(first.status)
  })

  it('is repaired with the single call that is needed most', () => {
    const native = { ...capabilities, split: 'percent' } as const
    const effectOf = (observed: ReturnType<typeof observing>, status = converged()): unknown =>
      decideIn({ spec, desired: v1, status, observed, declared: { capabilities: native } }).effect?.kind
    const lost = converged({ revisions: [{ revision: v1, state: 'requested', sinceMs: startMs }] })
    const wrongScale = { weight: 100, scale: { min: 3, max: 3 } }
    expect(effectOf(observing([v1, 'ready', ready]))).toBe(undefined)
    expect(effectOf(observing([v1, 'ready', ready], [v3, 'ready', { weight: 0 }]))).toBe('retire')
    expect(effectOf(observing([v1, 'ready', wrongScale], [v3, 'ready', { weight: 0 }]))).toBe('scale')
    expect(
      effectOf(observing([v1, 'ready', { ...wrongScale, weight: 40 }], [v3, 'ready', { weight: 60 }])),
    ).toBe('shift')
    expect(effectOf(observing([v3, 'ready', { weight: 100 }]), lost)).toBe('create')
    // A revision that is not shown once is waited for, and nothing overtakes it.
    expect(effectOf(observing([v3, 'ready', { weight: 100 }]))).toBe(undefined)
  })
})

describe('an effect', () => {
  it('is written to the ledger and audited only when it is first asked for', () => {
    const lost = [{ revision: v1, state: 'requested', sinceMs: startMs }] as const
    const situation = { spec, desired: v1, status: converged({ revisions: lost }), observed: observing() }
    const first = decideIn(situation)
    expect(here(first.status).requested).toEqual([{ change: `create:${v1.name}`, accepted: false }])
    expect(first.events.map(({ action }) => action)).toEqual(['revision-requested'])
    const again = decideIn({ ...situation, status: first.status })
    expect([again.effect?.kind, again.events]).toEqual(['create', []])
  })

  it('that sets another split is audited as another effect, even after a crash', () => {
    const native = { ...capabilities, split: 'percent' } as const
    const effect: LedgerEntry = {
      operationId: 'o1',
      kind: 'shift',
      change: `shift:${v2.name}=100`,
      sinceMs: startMs,
      fence: 1,
    }
    const { events } = decideIn({
      spec,
      desired: v1,
      status: converged({ effect, requested: [{ change: `shift:${v2.name}=100`, accepted: false }] }),
      observed: observing([v1, 'ready', { weight: 40 }], [v2, 'ready', { weight: 60 }]),
      declared: { capabilities: native },
    })
    expect(events.map(({ action }) => action)).toEqual(['split-requested'])
  })

  it('that would raise the weight of an unready revision waits, and no other effect overtakes it', () => {
    const native = { ...capabilities, split: 'percent' } as const
    const { effect } = decideIn({
      spec,
      desired: v1,
      status: converged(),
      observed: observing(
        [v1, 'unready', { weight: 40, scale: { min: 9, max: 9 } }],
        [v2, 'ready', { weight: 60 }],
      ),
      declared: { capabilities: native },
    })
    expect(effect).toBeUndefined()
  })

  it('makes room for a create when the target is full', () => {
    const few = { ...capabilities, maxRevisions: 2 }
    const status = converged({
      revisions: [v1, v2].map((revision) => ({ revision, state: 'requested' as const, sinceMs: startMs })),
      rollout: { phase: 'starting', revision: v2.name, sinceMs: startMs },
    })
    const observed = observing([v1, 'ready'], [v3, 'ready'])
    const effectOf = (has: typeof few): unknown =>
      decideIn({ spec, desired: v2, status, observed, declared: { capabilities: has } }).effect?.kind
    expect([effectOf(few), effectOf(capabilities)]).toEqual(['retire', 'create'])
  })
})

describe('the ledger', () => {
  const clock = createFakeClock()
  const entryOf = (change: string, before?: LedgerEntry): LedgerEntry =>
    ledgerEntry({ kind: 'shift', change, target: 'prod' }, before, undefined, 7, clock)

  it('keeps the operation id of a change that is sent again, with the newer fence', () => {
    const first = { ...entryOf('shift:a=100'), fence: 6 }
    expect(entryOf('shift:a=100', first)).toEqual({ ...first, fence: 7 })
  })

  it('gives another split another operation id', () => {
    const first = entryOf('shift:a=100')
    expect(entryOf('shift:a=50,b=50', first).operationId).not.toBe(first.operationId)
  })
})

describe('an outcome', () => {
  const entry: LedgerEntry = {
    operationId: 'o1',
    kind: 'create',
    change: `create:${v2.name}`,
    revision: v2.name,
    sinceMs: startMs,
    fence: 1,
  }
  const requested = [
    { change: `create:${v2.name}`, accepted: false },
    { change: `retire:${v3.name}`, accepted: false },
  ]
  const status = converged({ effect: entry, requested })
  const facts = { nowMs: startMs }

  it('removes the ledger entry, marks the change as accepted and keeps the handle', () => {
    const { status: after } = recordOutcome(status, 'prod', entry, { kind: 'accepted', handle: 'h1' }, facts)
    expect(ledgerOf(after)).toBeUndefined()
    expect(here(after).requested.map(({ accepted }) => accepted)).toEqual([true, false])
    expect(here(after).handles).toEqual([{ handle: 'h1', revisions: [v2.name] }])
    const twice = recordOutcome(after, 'prod', entry, { kind: 'accepted', handle: 'h1' }, facts)
    expect(here(twice.status).handles.length).toBe(1)
  })

  it('of a busy target removes the ledger entry, and only that change waits, for five minutes at most', () => {
    for (const [retryAfterMs, waitMs] of [
      [5, 5],
      [1e12, 300_000],
    ] as const) {
      const { status: after } = recordOutcome(status, 'prod', entry, { kind: 'busy', retryAfterMs }, facts)
      const [create, retire] = requested
      expect([ledgerOf(after), here(after).requested]).toEqual([
        undefined,
        [{ ...create, notBeforeMs: startMs + waitMs, busy: { sinceMs: startMs, times: 1 } }, retire],
      ])
    }
  })

  it('does not touch the ledger entry of another operation', () => {
    const other = { ...entry, operationId: 'o2' }
    const after = recordOutcome(converged({ effect: other }), 'prod', entry, { kind: 'unchanged' }, facts)
    expect(ledgerOf(after.status)).toBe(other)
  })

  it('keeps the newest hundred handles in order, and the newest of each revision that is meant to exist', () => {
    const shift: LedgerEntry = {
      operationId: 'o1',
      kind: 'shift',
      change: `shift:${v2.name}=100`,
      sinceMs: startMs,
      fence: 1,
    }
    const mine = { handle: 'mine', revisions: [v1.name] }
    let known = converged({ handles: [mine, { handle: 'gone', revisions: ['r0'] }] })
    for (let count = 0; count < 150; count += 1) {
      known = recordOutcome(known, 'prod', shift, { kind: 'accepted', handle: `h${count}` }, facts).status
    }
    const { handles } = here(known)
    expect(handles.length).toBe(100)
    expect(handles[0]).toEqual(mine)
    expect(handles.slice(1).map(({ handle }) => handle)).toEqual(
      Array.from({ length: 99 }, (_, place) => `h${place + 51}`),
    )
  })

  it('keeps a handle that two revisions share until nothing is left at the target', () => {
    const answer = { kind: 'accepted', handle: 'service' } as const
    const first = recordOutcome(converged(), 'prod', { ...entry, revision: v1.name }, answer, facts).status
    const both = recordOutcome(first, 'prod', entry, answer, facts).status
    expect(here(both).handles).toEqual([{ handle: 'service', revisions: [v1.name, v2.name] }])
    const situation = { spec, desired: v1, status: both }
    const one = decideIn({ ...situation, observed: observing([v1, 'ready', ready]) }).status
    expect(here(one).handles).toHaveLength(1)
    const deleted = decideIn({ ...situation, status: one, declared: { deletion: { actor: ada } } }).status
    expect(here(deleted).handles).toHaveLength(1)
  })

  it('counts as accepted when the vendor still knows the operation, unless the operation failed', () => {
    const lookedUp = (state: 'running' | 'succeeded' | 'failed'): boolean | undefined =>
      here(settle(status, { revisions: [], operations: [{ operationId: 'o1', state }] }, startMs).status)
        .requested[0]?.accepted
    expect([lookedUp('running'), lookedUp('succeeded'), lookedUp('failed')]).toEqual([true, true, false])
    expect(ledgerOf(settle(status, observing(), startMs).status)).toBeUndefined()
  })
})

describe('random names', () => {
  it('stop the rollout with OutcomeUnknown when the answer to a create is lost, and create nothing until retry', async () => {
    const world = await worldOf(spec, { names: 'random' })
    world.target.fault = 'lost-after'
    expect((await reach(world, 'stopped')).message).toContain('retry')
    expect(await comesToRest(world)).toBe(true)
    expect(heldBy(world)).toEqual([1])
    await world.declare({ ...spec, target: { name: 'spare', settings: {} } })
    world.version = 2
    expect(await comesToRest(world)).toBe(true)
    expect([statusOf(world).rollout.phase, heldBy(world)]).toEqual(['stopped', [1]])
    await world.declare(spec)
    world.version = 1
    expect(await world.person({ kind: 'retry' })).toBe(true)
    await reach(world, 'converged')
    expect(heldBy(world)).toEqual([1, 1])
  })

  it('let the rollout go on when the target still knows the operation', () => {
    const effect: LedgerEntry = {
      operationId: 'o1',
      kind: 'create',
      change: `create:${v1.name}`,
      revision: v1.name,
      sinceMs: startMs,
      fence: 1,
    }
    const status = statusWith({
      target: 'prod',
      revisions: [{ revision: v1, state: 'requested', sinceMs: startMs }],
      rollout: { phase: 'starting', revision: v1.name, sinceMs: startMs },
      requested: [{ change: `create:${v1.name}`, accepted: false }],
      effect,
    })
    const declared = { capabilities: { ...capabilities, names: 'random' } as const }
    const observed = { revisions: [], operations: [{ operationId: 'o1', state: 'running' as const }] }
    const known = decideIn({ spec, desired: v1, status, observed, declared })
    expect([known.status.rollout.phase, known.effect]).toEqual(['starting', undefined])
    const lost = decideIn({ spec, desired: v1, status, declared })
    expect(lost.status.rollout.phase).toBe('stopped')
  })

  it('send a create once, and after its acceptance only wait for the revision', async () => {
    const world = await worldOf(spec, { names: 'random' }, { readyMs: 60_000 })
    await reach(world, 'converged')
    expect([...world.witness.created.values()]).toEqual([1])
  })

  it('stop the rollout when the target accepted a create but no longer shows the revision', async () => {
    const world = await deployed(worldOf(spec, { names: 'random' }))
    world.target.vendor.copies = []
    while (world.target.vendor.copies.length === 0) {
      await world.look()
      await world.pass(1_000)
    }
    world.target.vendor.copies = []
    expect(await comesToRest(world)).toBe(true)
    expect(statusOf(world).rollout.phase).toBe('stopped')
  })
})

describe('a target', () => {
  it('with room for two revisions never holds three', async () => {
    const world = await deployed(worldOf(spec, { maxRevisions: 2 }, { goneMs: 60_000 }))
    for (const version of [2, 3, 4]) {
      world.version = version
      for (let round = 0; round < 8; round += 1) {
        await world.pass(Math.min((await world.look()) ?? 1_000, 1_000))
        expect(heldBy(world).length).toBeLessThanOrEqual(2)
      }
    }
    await reach(world, 'converged')
    expect(heldBy(world)).toEqual([4])
  })

  it('that splits delays the next step, and a split that never comes turns the rollout back', async () => {
    const world = await deployed(worldOf(spec, { split: 'percent' }, { splitMs: 60_000 }))
    world.version = 2
    const { sinceMs } = await reach(world, 'shifting')
    await reach(world, 'pausing')
    expect(world.now - sinceMs).toBeGreaterThanOrEqual(60_000)

    const stuck = await worldOf({ ...spec, deadline: '2m' }, { split: 'percent' }, { splitMs: 3_600_000 })
    await reach(stuck, 'retiring')
    await stuck.pass(7_200_000)
    await reach(stuck, 'converged')
    stuck.version = 2
    expect((await reach(stuck, 'rolling-back')).cause).toBe('ProgressDeadlineExceeded')
  })

  it('that refuses an effect turns the rollout back', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    world.target.fault = 'refused'
    expect((await reach(world, 'failed')).cause).toBe('TargetRefused')
    expect(sharesOf(world)).toEqual({ v1: 100 })
  })
})

describe('deletion', () => {
  it('removes every revision, names the actor and ends when the target is empty', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    await reach(world, 'pausing')
    await world.delete()
    expect(await comesToRest(world)).toBe(true)
    expect([world.status, heldBy(world)]).toEqual([undefined, []])
    const status: DeploymentStatus = {
      ...initialStatus(startMs),
      rollout: { phase: 'deleting', sinceMs: startMs },
    }
    const declared = { deletion: { actor: ada } }
    expect(decideIn({ spec, status, declared }).effect?.kind).toBe('destroy')
    const emptied: DeploymentStatus = {
      ...status,
      rollout: { phase: 'deleting', sinceMs: startMs, emptied: true },
    }
    const end = decideIn({ spec, status: emptied, declared })
    expect(end).toMatchObject({ finished: true, events: [{ action: 'deployment-removed', actor: ada }] })
  })
})

describe('retargeting', () => {
  const elsewhere = { ...spec, target: { name: 'spare', settings: {} } }

  it('begins at the new target before it empties the old one, and keeps the aborted revisions', async () => {
    const world = await deployed(worldOf(spec))
    world.version = 2
    world.broken.add(2)
    await reach(world, 'failed')
    world.version = 1
    await reach(world, 'converged')
    const prod = world.target
    await world.declare(elsewhere)
    await reach(world, 'retargeting')
    expect([prod.vendor.copies.length, here(statusOf(world)).target]).toEqual([1, 'prod'])
    expect(await comesToRest(world)).toBe(true)
    expect([prod.vendor.copies, heldBy(world), here(statusOf(world)).target]).toEqual([[], [1], 'spare'])
    expect(statusOf(world).aborted.length).toBe(1)
  })

  it.each(['paused', 'aborted', 'unresolved'] as const)(
    'does not empty the old target while the rollout is %s',
    async (why) => {
      const world = await deployed(worldOf(spec))
      if (why === 'paused') await world.person({ kind: 'pause' })
      if (why === 'unresolved') world.version = undefined
      if (why === 'aborted') {
        world.version = 2
        world.broken.add(2)
        await reach(world, 'failed')
      }
      const model = { registry: 'memory', name: 'churn', alias: why === 'unresolved' ? 'next' : 'champion' }
      await world.declare({ ...elsewhere, model })
      expect(await comesToRest(world)).toBe(true)
      expect([here(statusOf(world)).target, heldBy(world), sharesOf(world)]).toEqual([
        'prod',
        [1],
        { v1: 100 },
      ])
    },
  )

  it('keeps the last resolved reference, because the registry may fail during the move', () => {
    const status = converged({
      resolvedFrom: 'memory/churn@champion',
      rollout: { phase: 'retargeting', target: 'prod', revision: 'aaaa', sinceMs: startMs },
    })
    expect(decideIn({ spec: elsewhere, status, desired: v1 }).status.resolvedFrom).toBe(
      'memory/churn@champion',
    )
  })
})

describe('leftovers of an earlier life', () => {
  it('are adopted when they are wanted, and removed when they are not', async () => {
    const adopted = await worldOf(spec)
    adopted.targetNamed('prod').vendor.leave(v1, spec.scale)
    await reach(adopted, 'converged')
    expect(adopted.witness.created.size).toBe(0)

    const removed = await worldOf(spec)
    removed.targetNamed('prod').vendor.leave(v3, spec.scale)
    await reach(removed, 'converged')
    expect(heldBy(removed)).toEqual([1])
  })
})
