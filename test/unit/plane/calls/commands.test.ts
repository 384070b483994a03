import { describe, expect, it } from 'vitest'
import { allow, requireApproval, rule, rulesPolicy } from '../../../../src/index.ts'
import type { StateStore } from '../../../../src/store/contract.ts'
import { here, madeOf, splitIn } from '../../../status.ts'
import {
  ann,
  collect,
  digits,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  serving,
} from '../plane-fixture.ts'

const bob = { name: 'bob@example.com' }
const stepwise = {
  canary: {
    steps: [
      { weight: 5 },
      { pause: 'until-promoted' as const },
      { weight: 50 },
      { pause: 'until-promoted' as const },
    ],
  },
}

async function atFirstPause(fixture: PlaneFixture): Promise<void> {
  const { plane, registry, until, phase } = fixture
  await serving(fixture)
  await registerVersions(registry, '2')
  await plane.apply(digits('2', { strategy: stepwise }), { actor: ann })
  await until(async () => (await phase()) === 'pausing')
}

async function atPauseBeforeGate(fixture: PlaneFixture): Promise<void> {
  const { plane, registry, until, phase } = fixture
  await serving(fixture)
  await registerVersions(registry, '2')
  const strategy = {
    canary: {
      steps: [{ weight: 5 }, { pause: 'until-promoted' as const }, { analyze: ['e'], for: '1h' as const }],
    },
  }
  const analysis = [{ name: 'e', metric: 'requests.errors', minSamples: 100, pass: { atMost: 0.01 } }]
  await plane.apply(digits('2', { strategy, analysis }), { actor: ann })
  await until(async () => (await phase()) === 'pausing')
}

async function percents({ plane }: PlaneFixture): Promise<number[] | undefined> {
  return splitIn((await plane.get('digits'))?.status).map(({ weight }) => weight)
}

describe('commands', () => {
  it('end one pause with promote, and all remaining pauses with promote full', async () => {
    const fixture = planeFixture()
    const { plane, until, phase } = fixture
    await atFirstPause(fixture)
    await plane.promote('digits', { actor: bob })
    await until(async () => (await percents(fixture))?.[0] === 50 && (await phase()) === 'pausing')
    await plane.promote('digits', { actor: bob, full: true })
    await until(async () => (await phase()) === 'converged')
    expect(await percents(fixture)).toEqual([100])
    await plane.stop()
  })

  it('hold everything from pause until resume', async () => {
    const fixture = planeFixture()
    const { plane, until, phase, clock, registry } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    expect((await plane.pause('digits', { actor: bob })).status?.paused).toMatchObject({ actor: bob })
    await plane.apply(digits('2'), { actor: ann })
    await clock.advance(600_000)
    expect(await phase()).toBe('pending')
    expect((await plane.explain('digits')).waitsFor).toBe('resume: bob@example.com paused it')
    await plane.resume('digits', { actor: ann })
    await until(async () => (await plane.get('digits'))?.status?.last?.outcome === 'completed')
    await until(async () => (await phase()) === 'converged')
    await plane.stop()
  })

  it('return the traffic with abort, and begin the rollout again with retry', async () => {
    const fixture = planeFixture()
    const { plane, until, phase } = fixture
    await atFirstPause(fixture)
    await plane.abort('digits', { actor: bob, reason: 'it smells' })
    await until(async () => (await phase()) === 'failed')
    expect(await percents(fixture)).toEqual([100])
    expect((await plane.get('digits'))?.status?.aborted).toMatchObject([{ actor: bob, message: 'it smells' }])
    await plane.retry('digits', { actor: ann })
    await until(async () => (await phase()) === 'pausing')
    await plane.stop()
  })

  it('let a blocked rollout go on with approve, and record who approved', async () => {
    const policy = rulesPolicy('promotion', [
      rule('four-eyes', { on: 'promote', check: () => allow(requireApproval({ notAuthor: true })) }),
    ])
    const fixture = planeFixture({ plane: { policies: [policy] } })
    const { plane, registry, until, phase, events } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'blocked')
    await plane.approve('digits', { actor: ann })
    await fixture.clock.advance(120_000)
    expect(await phase()).toBe('blocked')
    await plane.approve('digits', { actor: bob })
    await until(async () => (await phase()) === 'converged')
    const approved = events.filter(({ action }) => action === 'revision-approved')
    expect(approved.map(({ actor }) => actor)).toEqual([ann, bob])
    const moves = events.filter(({ action }) =>
      ['rollout-started', 'rollout-blocked', 'split-changed'].includes(action),
    )
    expect(moves.length).toBeGreaterThan(2)
    for (const { details } of moves) {
      expect(details).toMatchObject({ policyRevision: expect.stringMatching(/./), findings: [] })
    }
    await plane.stop()
  })

  it('throw wrong-phase and name the phase that forbids them', async () => {
    const fixture = planeFixture()
    const { plane } = fixture
    await serving(fixture)
    for (const call of [plane.promote, plane.resume, plane.abort, plane.retry]) {
      await expect(call('digits', { actor: bob })).rejects.toMatchObject({
        code: 'wrong-phase',
        details: { phase: 'converged' },
      })
    }
    await expect(plane.promote('nobody', { actor: bob })).rejects.toMatchObject({ code: 'not-found' })
    await plane.stop()
  })

  it('emit one event that names the actor, even when a later call has nothing left to do', async () => {
    const fixture = planeFixture()
    const { plane, events } = fixture
    await serving(fixture)
    await plane.pause('digits', { actor: bob })
    const { version } = (await fixture.store.get('ModelDeployment', 'default/digits')) ?? {}
    await plane.pause('digits', { actor: ann })
    expect((await fixture.store.get('ModelDeployment', 'default/digits'))?.version).toBe(version)
    expect(events.filter(({ action }) => action === 'rollout-paused')).toMatchObject([{ actor: bob }])
    await plane.stop()
  })

  it('lose no write when they and the loop write at once', async () => {
    const warnings: string[] = []
    const say = (): void => {}
    const warn = (_fields: unknown, message: string): void => void warnings.push(message)
    const fixture = planeFixture({ plane: { logger: { debug: say, info: say, warn, error: warn } } })
    const { plane, clock, registry, audit } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    await plane.apply(digits('2', { strategy: { rolling: { step: 1, every: '100ms' } } }), { actor: ann })
    await fixture.until(async () => (await plane.get('digits'))?.status?.observedGeneration === 2)
    let asked = 0
    for (let turn = 0; turn < 100; turn += 1) {
      const approve = () => plane.approve('digits', { actor: bob })
      await Promise.all([approve(), clock.advance(37), approve()])
      asked += 2
    }
    await fixture.until(async () => (await plane.get('digits'))?.status?.rollout.phase === 'converged')
    const { status } = (await plane.get('digits')) ?? {}
    expect(here(status).revisions.map(({ revision }) => madeOf(status, revision)?.model.version)).toEqual([
      '2',
    ])
    await plane.stop()
    const counts = new Map<string, number>()
    for await (const { action } of audit.read()) counts.set(action, (counts.get(action) ?? 0) + 1)
    expect(counts.get('revision-approved')).toBe(asked)
    expect(counts.get('rollout-completed')).toBe(2)
    // A write that another write overtakes is not a failure.
    expect(warnings).toEqual([])
    expect(await audit.verify()).toMatchObject({ ok: true })
  })

  it('skip one gate when two people promote at once', async () => {
    const fixture = planeFixture()
    const { plane, audit } = fixture
    await atPauseBeforeGate(fixture)
    const [first, second] = await Promise.allSettled([
      plane.promote('digits', { actor: ann }),
      plane.promote('digits', { actor: bob }),
    ])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'conflict',
        message: expect.stringMatching(
          /^promote speaks of revision [0-9a-f]{10} at steps\[1\] \(pausing\), but the rollout is now analyzing revision [0-9a-f]{10} at steps\[2\]: look/,
        ),
      },
    })
    await fixture.clock.advance(60_000)
    expect(await fixture.phase()).toBe('analyzing')
    await plane.stop()
    const promoted = (await collect(audit.read())).filter(({ action }) => action === 'rollout-promoted')
    expect(promoted.map(({ actor, details }) => [actor.name, details.skipped])).toEqual([[ann.name, []]])
  })

  it('skip one gate when the answer to a promote was lost and the client sends it again', async () => {
    const fixture = planeFixture()
    const { plane } = fixture
    await atPauseBeforeGate(fixture)
    const { rollout } = (await plane.get('digits'))?.status ?? {}
    if (rollout?.phase !== 'pausing') throw new Error('not pausing')
    const { revision, step } = rollout
    const seen = { actor: ann, revision, step }
    await plane.promote('digits', seen)
    await expect(plane.promote('digits', seen)).rejects.toMatchObject({
      code: 'conflict',
      details: { revision, step: 2, phase: 'analyzing' },
    })
    expect(await fixture.phase()).toBe('analyzing')
    await plane.stop()
  })

  it('approve and abort only the revision that they name', async () => {
    const fixture = planeFixture()
    const { plane, store } = fixture
    await atFirstPause(fixture)
    const before = await store.get('ModelDeployment', 'default/digits')
    for (const call of [plane.promote, plane.approve, plane.abort]) {
      await expect(call('digits', { actor: ann, revision: 'another' })).rejects.toMatchObject({
        code: 'conflict',
      })
    }
    await expect(plane.approve('digits', { actor: ann, step: 7 })).rejects.toMatchObject({ code: 'conflict' })
    expect(await store.get('ModelDeployment', 'default/digits')).toEqual(before)
    await plane.stop()
  })

  it('return the traffic with abort in one urgent write, without a loop and without the target', async () => {
    const fixture = planeFixture()
    await atFirstPause(fixture)
    const urgent: (boolean | undefined)[] = []
    const store: StateStore = {
      ...fixture.store,
      putStatus(kind, key, status, options) {
        urgent.push(options.urgent)
        return fixture.store.putStatus(kind, key, status, options)
      },
    }
    const { plane } = planeFixture({ beside: fixture, plane: { store, targets: {}, registries: {} } })
    await plane.pause('digits', { actor: bob })
    const { status } = await plane.abort('digits', { actor: bob })
    expect(splitIn(status)).toEqual([{ revision: status?.stable, weight: 100 }])
    expect(status?.rollout).toMatchObject({ phase: 'rolling-back', cause: 'Aborted' })
    expect(urgent).toEqual([undefined, true])
    await fixture.plane.stop()
  })

  it('end a blue-green rollout with promote full before the switch, without its gates', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, phase, events } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    const strategy = { blueGreen: { autoPromote: false, analyze: ['e'], for: '1h' as const } }
    const analysis = [{ name: 'e', metric: 'requests.errors', minSamples: 100, pass: { atMost: 0.01 } }]
    await plane.apply(digits('2', { strategy, analysis }), { actor: ann })
    await until(async () => (await phase()) === 'pausing')
    const told = events.length
    await plane.promote('digits', { actor: bob, full: true })
    await until(async () => (await phase()) === 'retiring', 10_000)
    expect(
      events
        .slice(told)
        .flatMap(({ action, details }) =>
          ['rollout-promoted', 'split-changed', 'rollout-completed', 'step-entered'].includes(action)
            ? [[action, details.skipped]]
            : [],
        ),
    ).toEqual([
      ['rollout-promoted', ['e']],
      ['split-changed', undefined],
      ['rollout-completed', undefined],
    ])
    await plane.stop()
  })

  it('end the analysis of a blue-green rollout with promote full', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, phase } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    const strategy = { blueGreen: { analyze: ['e'], for: '1h' as const } }
    const analysis = [{ name: 'e', metric: 'requests.errors', minSamples: 100, pass: { atMost: 0.01 } }]
    await plane.apply(digits('2', { strategy, analysis }), { actor: ann })
    await until(async () => (await phase()) === 'analyzing')
    await plane.promote('digits', { actor: bob, full: true })
    await until(async () => (await phase()) === 'retiring', 10_000)
    expect(await percents(fixture)).toEqual([100])
    await plane.stop()
  })
})
