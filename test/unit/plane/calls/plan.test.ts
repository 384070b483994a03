import { describe, expect, it } from 'vitest'
import {
  allow,
  deny,
  ModelspineError,
  memoryTarget,
  requireApproval,
  rule,
  rulesPolicy,
} from '../../../../src/index.ts'
import type { MetricSource } from '../../../../src/telemetry/contract.ts'
import { ann, digits, planeFixture, registerVersions, route, serving } from '../plane-fixture.ts'
import { away, runtime, value, vault } from '../secret-scene.ts'

describe('plan', () => {
  it('writes nothing, sends nothing to the target and emits no event', async () => {
    const fixture = planeFixture()
    const { plane, store, world, events, registry } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    const before = await store.get('ModelDeployment', 'default/digits')
    const told = events.length
    await plane.plan(digits('2'), { actor: ann })
    expect(await store.get('ModelDeployment', 'default/digits')).toEqual(before)
    expect(world.journal).toHaveLength(1)
    expect(events).toHaveLength(told)
    await plane.stop()
  })

  it('describes a first deployment', async () => {
    const { plane, registry, store } = planeFixture()
    await registerVersions(registry, '1')
    expect(await plane.plan(digits('1'), { actor: ann })).toEqual({
      kind: 'ModelDeployment',
      key: 'default/digits',
      change: 'create',
      fields: [],
      problems: [],
      warnings: [],
      policy: { verdict: 'allow', findings: [] },
      rollout: {
        model: 'models/digits:1 is version 1',
        revision: expect.stringMatching(/^[0-9a-f]{10}$/),
        steps: [
          'start the revision',
          'give it all traffic when it is ready, because there is no revision to compare it with',
        ],
        target: [expect.stringMatching(/^create revision/)],
        promotion: { verdict: 'allow', message: '' },
        gates: [],
      },
    })
    expect(await store.get('ModelDeployment', 'default/digits')).toBeNull()
  })

  it('lists the changed fields and the steps of the strategy', async () => {
    const fixture = planeFixture()
    const { plane, registry } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    const { stable } = (await plane.get('digits'))?.status ?? {}
    const plan = await plane.plan(
      digits('2', {
        runtime: { env: { THREADS: '4' } },
        strategy: {
          canary: {
            steps: [
              { weight: 5 },
              { analyze: ['errors'], for: '10m' },
              { weight: 50 },
              { pause: 'until-promoted' },
            ],
          },
        },
        analysis: [{ name: 'errors', metric: 'requests.errors', pass: { atMost: 0.01 } }],
      }),
      { actor: ann },
    )
    expect(plan).toMatchObject({
      change: 'update',
      problems: [],
      rollout: { stable, model: 'models/digits:2 is version 2' },
    })
    expect(plan.fields).toEqual([
      'spec.model.version',
      'spec.runtime.env.THREADS',
      'spec.strategy.rolling',
      'spec.strategy.canary',
      'spec.analysis',
    ])
    expect(plan.rollout?.steps).toEqual([
      'start the revision beside the stable one',
      'give it 5 % of traffic',
      'measure errors for 600 s',
      'give it 50 % of traffic',
      'wait for promote; after 7d without it, turn back',
      'give it 100 % of traffic',
      'remove what it replaced',
    ])
    expect(plan.rollout?.target).toHaveLength(1)
    await plane.stop()
  })

  it('plans no steps when the spec does not change', async () => {
    const fixture = planeFixture()
    const { plane } = fixture
    await serving(fixture)
    expect(await plane.plan(digits('1'), { actor: ann })).toMatchObject({
      change: 'none',
      fields: [],
      rollout: { steps: [], target: [] },
    })
    expect(
      await plane.plan(
        { ...digits('1'), metadata: { name: 'digits', labels: { team: 'risk' } } },
        { actor: ann },
      ),
    ).toMatchObject({ change: 'update', fields: ['metadata'], rollout: { steps: [] } })
    await plane.stop()
  })

  it('reports the plane’s problems, the target’s refusal and the policy’s verdict instead of throwing', async () => {
    const policy = rulesPolicy('company', [
      rule('never', { on: 'deploy', check: () => deny('not on Fridays') }),
    ])
    const refusing = memoryTarget({ capabilities: { maxRevisions: 0 } })
    const { plane, registry } = planeFixture({ plane: { policies: [policy], targets: { local: refusing } } })
    await registerVersions(registry, '1')
    const plan = await plane.plan(digits('1', { policies: ['nobody'] }), { actor: ann })
    expect(plan.policy).toMatchObject({ verdict: 'deny', findings: [{ message: 'not on Fridays' }] })
    expect(plan.problems).toEqual([
      'spec.policies[0]: this plane has no policy engine "nobody". Write one of "company".',
      expect.stringMatching(/^spec\.target "local" refuses: TooManyRevisions: 1 revisions are wanted/),
    ])
  })

  it('reports the decision of the policies on a promotion, and leaves it out when no promotion is due', async () => {
    const policy = rulesPolicy('promotion', [
      rule('approved-only', {
        on: 'promote',
        check: ({ model, actor }) => {
          if (model?.approval === 'rejected') return allow(requireApproval())
          return model?.approval === 'approved' && actor.name === ann.name
            ? allow()
            : deny(`approval is ${model?.approval}`)
        },
      }),
    ])
    const fixture = planeFixture({ plane: { policies: [policy] } })
    const { plane, registry } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    await registry.setApproval('digits', '2', 'pending')
    const { rollout } = await plane.plan(digits('2'), { actor: ann })
    expect(rollout?.promotion).toEqual({ verdict: 'deny', message: 'approval is pending' })
    await registry.setApproval('digits', '2', 'rejected')
    const asking = await plane.plan(digits('2', { answerWithin: '2h' }), { actor: ann })
    expect(asking.rollout?.promotion).toMatchObject({ verdict: 'approval-required' })
    expect(asking.rollout?.steps[0]).toBe('wait for an approval; after 2h without it, turn back')
    expect((await plane.plan(digits('1'), { actor: ann })).rollout).not.toHaveProperty('promotion')
    await plane.stop()
  })

  it('reports a model that is not found and a target that gives no answer', async () => {
    const { plane, target, registry } = planeFixture()
    expect((await plane.plan(digits('9'), { actor: ann })).rollout).toEqual({
      model: expect.stringContaining('models/digits:9: '),
      steps: [],
      target: [],
      gates: [],
    })
    await registerVersions(registry, '1')
    target.failNext('observe')
    expect((await plane.plan(digits('1'), { actor: ann })).problems).toEqual([
      'spec.target "local" could not be asked: observe was told to fail',
    ])
  })

  it('says that the old target serves until the new one is ready', async () => {
    const fixture = planeFixture()
    const moved = planeFixture({
      beside: fixture,
      plane: { targets: { local: fixture.target, far: memoryTarget() } },
    })
    await serving(moved)
    const plan = await moved.plane.plan(digits('1', { target: 'far' }), { actor: ann })
    expect(plan).toMatchObject({ fields: ['spec.target.name'], problems: [] })
    expect(plan.rollout?.steps).toEqual([
      'start the revision at target far, while target local serves',
      'give it all traffic when it is ready there',
      'remove everything from target local',
    ])
    expect(plan.rollout?.target).toEqual([expect.stringMatching(/^create revision/)])
    await moved.plane.stop()
  })

  it('says that an aborted revision waits for retry', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, phase } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    const second = digits('2', {
      strategy: { canary: { steps: [{ weight: 5 }, { pause: 'until-promoted' }] } },
    })
    await plane.apply(second, { actor: ann })
    await until(async () => (await phase()) === 'pausing')
    await plane.abort('digits', { actor: ann, reason: 'it smells' })
    await until(async () => (await phase()) === 'failed')
    expect((await plane.plan(second, { actor: ann })).rollout?.steps).toEqual([
      'nothing until somebody calls retry, because the revision was aborted (Aborted: it smells)',
    ])
    await plane.stop()
  })

  it('says that a resource is being deleted', async () => {
    const fixture = planeFixture({ target: { goneAfterMs: 60_000 } })
    const { plane } = fixture
    await serving(fixture)
    await plane.delete('digits', { actor: ann })
    expect((await plane.plan(digits('2'), { actor: ann })).problems).toEqual([
      'ModelDeployment default/digits is being deleted; apply it again when it is gone',
    ])
    await plane.stop()
  })

  it('plans routes', async () => {
    const { plane } = planeFixture()
    await plane.apply(digits('1'), { actor: ann })
    const plan = await plane.plan(route(), { actor: ann })
    expect(plan).toEqual({
      kind: 'ModelRoute',
      key: 'default/digits',
      change: 'create',
      fields: [],
      problems: [],
      warnings: [],
      policy: { verdict: 'allow', findings: [] },
    })
    await plane.apply(route(), { actor: ann })
    expect(await plane.plan(route('digits', { timeout: '5s' }), { actor: ann })).toMatchObject({
      change: 'update',
      fields: ['spec.timeout'],
    })
  })

  it('reports gates that compare with a stable revision without traffic', async () => {
    const fixture = planeFixture()
    const { plane, registry } = fixture
    await registerVersions(registry, '1')
    const compared = {
      name: 'errors',
      metric: 'requests.errors',
      pass: { noWorseThan: 'stable', by: 0.01 },
    } as const
    const blueGreen = digits('1', { strategy: { blueGreen: { analyze: ['errors'] } }, analysis: [compared] })
    const never =
      'is "errors", which compares with the stable revision after all traffic has left it, so it can never answer. Compare with a constant (atMost or atLeast), or let a canary measure it before the last weight.'
    expect((await plane.plan(blueGreen, { actor: ann })).problems).toEqual([
      `spec.strategy.blueGreen.analyze[0] ${never}`,
    ])
    await expect(plane.apply(blueGreen, { actor: ann })).rejects.toMatchObject({ code: 'plan-refused' })
    const steps = [
      { weight: 50 },
      { analyze: ['errors'], for: '1m' },
      { weight: 100 },
      { analyze: ['errors'], for: '1m' },
    ] as const
    const canary = digits('1', { strategy: { canary: { steps } }, analysis: [compared] })
    expect((await plane.plan(canary, { actor: ann })).problems).toEqual([
      `spec.strategy.canary.steps[3].analyze[0] ${never}`,
    ])
    const constant = { name: 'errors', metric: 'requests.errors', pass: { atMost: 0.01 } }
    const fine = digits('1', { strategy: { canary: { steps } }, analysis: [constant] })
    expect((await plane.plan(fine, { actor: ann })).problems).toEqual([])
  })

  it('reports gates that the router measures before the candidate has traffic', async () => {
    const offline: MetricSource = {
      capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
      query: () => ({ kind: 'no-data' }),
    }
    const { plane, registry } = planeFixture({ plane: { metrics: { offline } } })
    await registerVersions(registry, '1')
    const first = (source: string) =>
      digits('1', {
        strategy: { canary: { steps: [{ analyze: ['errors'], for: '1m' }, { weight: 10 }] } },
        analysis: [{ name: 'errors', metric: 'requests.errors', source, pass: { atMost: 0.01 } }],
      })
    expect((await plane.plan(first('plane'), { actor: ann })).problems).toEqual([
      'spec.strategy.canary.steps[0].analyze[0] is "errors", which the router measures, and the new revision has no traffic before the first weight, so it can never answer. Put a weight before it, or use a source that measures without traffic.',
    ])
    expect((await plane.plan(first('offline'), { actor: ann })).problems).toEqual([])
  })

  it('reports a metric that its source refuses, once, and explains a deployment that has such a gate', async () => {
    let refuses = true
    const offline: MetricSource = {
      capabilities() {
        if (refuses) throw new ModelspineError('metric-error', 'there is no metric "x.errors"')
        return { counts: true, routerMeasured: false, delayMs: 0 }
      },
      query: () => ({ kind: 'no-data' }),
    }
    const { plane, registry, until, phase } = planeFixture({ plane: { metrics: { offline } } })
    await registerVersions(registry, '1', '2')
    const strategy = { canary: { steps: [{ analyze: ['errors'], for: '1m' }, { weight: 10 }] } } as const
    const analysis = [{ name: 'errors', metric: 'x.errors', source: 'offline', pass: { atMost: 0.01 } }]
    expect((await plane.plan(digits('1', { strategy, analysis }), { actor: ann })).problems).toEqual([
      'spec.analysis[0].metric is "x.errors", and its source refuses it: there is no metric "x.errors"',
    ])
    refuses = false
    await plane.start()
    await plane.apply(digits('1', { strategy, analysis }), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    await plane.apply(digits('2', { strategy, analysis }), { actor: ann })
    await until(async () => (await phase()) === 'analyzing')
    refuses = true
    const { phase: explained, sinceMs, untilMs } = await plane.explain('digits')
    expect([explained, untilMs]).toEqual(['analyzing', sinceMs + 60_000])
    await plane.stop()
  })

  it('reports a scale at a target that does not scale', async () => {
    const hosted = memoryTarget({ capabilities: { scale: 'none' } })
    const { plane, registry } = planeFixture({ plane: { targets: { local: hosted } } })
    await registerVersions(registry, '1')
    expect((await plane.plan(digits('1', { scale: { min: 3, max: 5 } }), { actor: ann })).problems).toEqual([
      'spec.scale is 3 to 5, and target "local" does not scale: somebody else decides it. Leave it out.',
    ])
    expect((await plane.plan(digits('1', { scale: { min: 1 } }), { actor: ann })).problems).toEqual([])
  })

  describe('asks a target that can check', () => {
    const unfit = () => ({ kind: 'refused', reason: 'NoSuchRuntime', message: 'no runtime torch' }) as const

    it('and reports what only the vendor refuses as a problem', async () => {
      const { plane, registry } = planeFixture({ target: { unfit } })
      await registerVersions(registry, '1')
      const { problems, rollout } = await plane.plan(digits('1'), { actor: ann })
      expect(problems).toEqual(['spec.target "local" refuses: NoSuchRuntime: no runtime torch'])
      expect(rollout).not.toHaveProperty('notes')
    })

    it('and notes its warnings without the secrets of the deployment', async () => {
      const check = async () => ({ kind: 'accepted', warnings: [`env TOKEN=${value} is old`] }) as const
      for (const [secrets, note] of [
        [vault, 'env TOKEN=[secret] is old'],
        [away, expect.stringContaining('withheld')],
      ] as const) {
        const targets = { local: { ...memoryTarget(), check } }
        const { plane, registry } = planeFixture({ plane: { targets, secrets: { vault: secrets } } })
        await registerVersions(registry, '1')
        const { rollout } = await plane.plan(digits('1', { runtime }), { actor: ann })
        expect(rollout?.notes).toEqual([note])
      }
    })

    it('and notes that the target is away, instead of failing or refusing', async () => {
      const { plane, registry, target } = planeFixture()
      await registerVersions(registry, '1')
      target.failNext('check')
      const { problems, rollout } = await plane.plan(digits('1'), { actor: ann })
      expect(problems).toEqual([])
      expect(rollout?.notes).toEqual([
        expect.stringMatching(/^target "local" could not check this: .*told to fail/),
      ])
      expect(rollout?.target).toHaveLength(1)
    })
  })
})
