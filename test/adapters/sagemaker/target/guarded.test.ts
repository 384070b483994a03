import { type SagemakerGuardrails, sagemakerTarget } from 'modelspine/adapters/sagemaker'
import { describe, expect, it } from 'vitest'
import { deploymentConfig } from '../../../../adapters/sagemaker/target/guarded/guardrails.ts'
import type { Json } from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { region } from '../../shared/aws/small-aws.ts'
import { callOptions, converge, endpoint, key, revision, role, type Scene, scene, wantOf } from './scene.ts'

const [first, second] = [revision(1), revision(2)]
const both = [first, second]
const minuteMs = 60_000

const guardrails: SagemakerGuardrails = {
  kind: 'canary',
  sizePercent: 20,
  waitSeconds: 300,
  terminationWaitSeconds: 60,
  alarms: ['churn-errors', 'churn-latency'],
}

const guarded = (vices = {}, more = {}): Promise<Scene> => scene(vices, { guardrails, ...more })
const updates = ({ api }: Scene): readonly Json[] =>
  api.exchanges.filter(({ operation }) => operation === 'UpdateEndpoint').map(({ input }) => input)
const done = ({ world }: Scene): readonly string[] => world.journal.map(({ operation }) => operation)
const running = ({ world }: Scene) => world.config(world.endpoint(endpoint)?.config ?? '')
const weights = async ({ target }: Scene, known = {}) =>
  (await target.observe(key, known)).revisions.map(({ revision, state, weight }) => [revision, state, weight])

/** Both revisions are there, and the second one is on its way to all traffic. */
async function shifting(vices = {}, more = {}): Promise<{ readonly made: Scene; readonly handle: string }> {
  const made = await guarded({ updateMs: 6 * minuteMs, ...vices }, more)
  await converge(made, wantOf([first]))
  await converge(made, wantOf(both))
  await made.clock.advance(1000)
  const result = await made.target.apply(key, wantOf(both, [0, 100]), callOptions())
  expect(result).toMatchObject({ kind: 'accepted' })
  return { made, handle: result.kind === 'accepted' ? (result.handle ?? '') : '' }
}

describe('a target with guardrails', () => {
  it('makes a model and a config, and leaves it to one update to start and to shift', async () => {
    const made = await guarded()
    await converge(made, wantOf([first]))
    expect(running(made)?.ProductionVariants).toMatchObject([
      { VariantName: 'AllTraffic', ModelName: `${endpoint}-${first.name}` },
    ])
    const before = done(made).length
    await converge(made, wantOf(both))
    expect(done(made).slice(before)).toEqual(['CreateModel', 'CreateEndpointConfig'])
    expect(await weights(made)).toEqual([
      [first.name, 'ready', 100],
      [second.name, 'ready', 0],
    ])
    await converge(made, wantOf(both, [0, 100]))
    expect(done(made).slice(before + 2)).toEqual(['UpdateEndpoint'])
    expect(updates(made)).toEqual([
      {
        EndpointName: endpoint,
        EndpointConfigName: made.world.endpoint(endpoint)?.config,
        RetainAllVariantProperties: true,
        ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DataCaptureConfig' }],
        DeploymentConfig: deploymentConfig(guardrails),
      },
    ])
    expect(running(made)?.ProductionVariants).toMatchObject([
      { VariantName: 'AllTraffic', ModelName: `${endpoint}-${second.name}` },
    ])
    expect(await weights(made)).toEqual([
      [second.name, 'ready', 100],
      [first.name, 'ready', 0],
    ])
    await converge(made, wantOf([second]))
    expect([made.world.models().length, made.world.configs().length]).toEqual([1, 1])
  })

  it('shows the old revision with all traffic until SageMaker has ended', async () => {
    const { made, handle } = await shifting()
    const seen: (number | undefined)[] = []
    for (let minute = 0; minute < 17; minute += 1) {
      const { operations } = await made.target.observe(key, { handles: [handle] })
      expect(operations).toMatchObject([{ state: 'running' }])
      expect(await weights(made, { handles: [handle], applied: both })).toEqual([
        [first.name, 'ready', 100],
        [second.name, 'ready', 0],
      ])
      expect(
        (await made.target.apply(key, wantOf(both, [0, 100]), callOptions({ handles: [handle] }))).kind,
      ).toBe('busy')
      seen.push(made.world.percent(endpoint))
      await made.clock.advance(minuteMs)
    }
    expect([...new Set(seen)]).toEqual([0, 20, 100])
    expect((await made.target.observe(key, { handles: [handle] })).operations).toMatchObject([
      { state: 'succeeded' },
    ])
    expect((await weights(made))[0]).toEqual([second.name, 'ready', 100])
    expect(updates(made)).toHaveLength(1)
  })

  it.each([
    ['with a reason', false, ': The deployment was rolled back because the alarm churn-latency'],
    ['without a word', true, ''],
  ])('tells that an alarm took the shift back %s', async (_, isSilent, said) => {
    const { made, handle } = await shifting({ isSilent, rollbackMs: 2 * minuteMs })
    await made.clock.advance(7 * minuteMs)
    expect(made.world.percent(endpoint)).toBe(20)
    made.world.alarm('other-errors')
    expect(made.world.endpoint(endpoint)?.status).toBe('Updating')
    made.world.alarm('churn-latency')
    const known = { handles: [handle], applied: both }
    expect((await made.target.observe(key, known)).operations).toMatchObject([{ state: 'running' }])
    await made.clock.advance(3 * minuteMs)
    const { operations, revisions } = await made.target.observe(key, known)
    expect(operations).toMatchObject([{ state: 'failed', reason: expect.stringContaining(`RolledBack`) }])
    expect(revisions).toMatchObject([
      { revision: first.name, state: 'ready', weight: 100 },
      {
        revision: second.name,
        state: 'failed',
        reason: 'RolledBack',
        message: expect.stringContaining(said),
        weight: 0,
      },
    ])
    // A new try makes the model anew.
    await converge(made, wantOf([first]))
    await made.clock.advance(1000)
    await converge(made, wantOf(both))
    expect(await weights(made, known)).toContainEqual([second.name, 'ready', 0])
  })

  it('goes back at once, without guardrails, and with the config of before', async () => {
    const made = await guarded()
    await converge(made, wantOf([first]))
    const { config } = made.world.endpoint(endpoint) ?? {}
    await converge(made, wantOf(both, [0, 100]))
    const before = done(made).length
    made.world.alarm('churn-errors')
    await converge(made, wantOf(both, [100, 0]))
    expect(done(made).slice(before)).toEqual(['UpdateEndpoint'])
    expect(updates(made).at(-1)).not.toHaveProperty('DeploymentConfig')
    expect(made.world.endpoint(endpoint)?.config).toBe(config)
  })

  it('finds the shift whose answer was lost, and does not send it again', async () => {
    const made = await guarded({ updateMs: 6 * minuteMs })
    await converge(made, wantOf([first]))
    await converge(made, wantOf(both))
    await made.clock.advance(1000)
    made.api.afterwards = (operation) => {
      if (operation !== 'UpdateEndpoint') return false
      made.api.afterwards = undefined
      return true
    }
    const call = callOptions()
    const want = wantOf(both, [0, 100])
    await expect(made.target.apply(key, want, call)).rejects.toMatchObject({ code: 'target-unavailable' })
    const again = await made.open().apply(key, want, call)
    expect(again).toMatchObject({ kind: 'accepted', handle: expect.stringContaining(call.operationId) })
    const handles = again.kind === 'accepted' && again.handle ? [again.handle] : []
    expect((await made.target.apply(key, want, callOptions({ handles }))).kind).toBe('busy')
    made.world.alarm('churn-errors')
    await made.clock.advance(1000)
    expect(await weights(made, { handles, applied: both })).toContainEqual([second.name, 'failed', 0])
    expect(updates(made)).toHaveLength(1)
  })

  it('keeps the number of instances that autoscaling has set', async () => {
    const external = (version: number) =>
      revision(version, { settings: { ...first.settings, autoscaling: 'external' } })
    const range = { scale: { min: 2, max: 6 } }
    const made = await guarded()
    await converge(made, wantOf([external(1)], [100], range))
    made.world.autoscale(endpoint, 'AllTraffic', 5)
    await converge(made, wantOf([external(1), external(2)], [0, 100], range))
    expect(made.world.endpoint(endpoint)?.variants).toMatchObject([{ name: 'AllTraffic', desiredCount: 5 }])
    await converge(made, wantOf([second], [100], { scale: { min: 3, max: 3 } }))
    expect(made.world.endpoint(endpoint)?.variants).toMatchObject([{ desiredCount: 3 }])
  })

  it('takes over an endpoint of one variant under its name', async () => {
    const made = await guarded({}, { adopt: { [key]: 'churn-prod' } })
    const { operations = {} } = made.world
    operations.CreateModel?.({ ModelName: 'their-model', ExecutionRoleArn: role })
    const ProductionVariants = [
      { VariantName: 'blue', ModelName: 'their-model', InstanceType: 'ml.c5.large' },
    ]
    operations.CreateEndpointConfig?.({ EndpointConfigName: 'their-config', ProductionVariants })
    operations.CreateEndpoint?.({ EndpointName: 'churn-prod', EndpointConfigName: 'their-config' })
    made.world.settle()
    expect(await weights(made)).toEqual([['blue', 'ready', 100]])
    const keeping = (weight: number) => ({
      ...wantOf([first]),
      keep: ['blue'],
      split: [
        { revision: 'blue', weight: 100 - weight },
        { revision: first.name, weight },
      ],
    })
    await converge(made, keeping(0))
    expect(await weights(made)).toEqual([
      ['blue', 'ready', 100],
      [first.name, 'ready', 0],
    ])
    await converge(made, keeping(100))
    expect(await weights(made)).toEqual([[first.name, 'ready', 100]])
    expect(made.world.endpoint('churn-prod')?.variants).toMatchObject([{ name: 'blue' }])
    expect(updates(made)).toMatchObject([{ DeploymentConfig: { BlueGreenUpdatePolicy: {} } }])
    expect(made.world.models()).toContain('their-model')
  })

  it('goes back to a revision of which the plane knows only the name', async () => {
    const made = await guarded()
    await converge(made, wantOf([first]))
    await converge(made, wantOf(both, [0, 100]))
    const keep = { ...wantOf([second]), keep: [first.name], split: [{ revision: first.name, weight: 100 }] }
    await converge(made, keep)
    expect(await weights(made)).toEqual([
      [first.name, 'ready', 100],
      [second.name, 'ready', 0],
    ])
  })

  it('is switched on and off where an endpoint runs', async () => {
    const made = await scene()
    const later = sagemakerOf(made)
    await converge(made, wantOf([first]))
    await converge(later, wantOf(both, [0, 100]))
    expect(await weights(later)).toContainEqual([second.name, 'ready', 100])
    expect(made.world.endpoint(endpoint)?.variants).toMatchObject([{ name: first.name }])
    await converge(later, wantOf([second]))
    await converge(made, wantOf([second]))
    expect(made.world.endpoint(endpoint)?.variants).toMatchObject([{ name: second.name, currentWeight: 100 }])
    await converge(made, wantOf(both))
    await expect(converge(later, wantOf(both))).rejects.toThrow(/VariantsUnsupported.*one/)
    expect(await weights(later)).toEqual(await weights(made))
  })

  it('throws when SageMaker does not show what an endpoint runs', async () => {
    const made = await guarded()
    await converge(made, wantOf([first]))
    made.world.put(endpoint, { config: 'gone' })
    made.world.tag('endpoint', endpoint, { 'modelspine:key': key })
    await expect(made.target.observe(key)).rejects.toMatchObject({
      code: 'target-unavailable',
      message: expect.stringContaining('the config gone'),
    })
    expect((await made.target.apply(key, wantOf([first]), callOptions())).kind).toBe('busy')
  })

  it.each([
    ['Creating', 'starting', 'starting', 'busy'],
    ['Updating', 'ready', 'ready', 'busy'],
    ['RollingBack', 'ready', 'ready', 'busy'],
    ['InService', 'ready', 'ready', 'unchanged'],
    ['OutOfService', 'unready', 'unready', 'unchanged'],
    ['Failed', 'failed', 'unready', 'accepted'],
    ['UpdateRollbackFailed', 'ready', 'ready', 'accepted'],
  ])('shows both revisions of an endpoint in the state %s', async (status, serving, waiting, kind) => {
    const made = await guarded()
    await converge(made, wantOf([first]))
    await converge(made, wantOf(both))
    made.world.put(endpoint, { status })
    expect((await weights(made)).map(([, state]) => state)).toEqual([serving, waiting])
    expect((await made.target.apply(key, wantOf(both), callOptions())).kind).toBe(kind)
  })
})

/** Another target over the same endpoint, with guardrails. */
function sagemakerOf(made: Scene): Scene {
  return { ...made, target: made.open({ guardrails }) }
}

describe('the plan of a target with guardrails', () => {
  const empty = { revisions: [], operations: [] }
  const own = { region }
  const target = sagemakerTarget({ ...own, guardrails })

  it('refuses what SageMaker would do in another way without a word', () => {
    expect(target.plan(wantOf(both, [80, 20]), empty)).toMatchObject({
      reason: 'SplitUnsupported',
      message: expect.stringContaining('strategy.blueGreen'),
    })
    const inf1 = revision(3, { settings: { ...first.settings, instanceType: 'ml.inf1.xlarge' } })
    expect(target.plan(wantOf([inf1]), empty)).toMatchObject({
      reason: 'InstanceUnsupported',
      message: expect.stringContaining('settings.instanceType is ml.inf1.xlarge'),
    })
    expect(target.plan(wantOf([...both, revision(3)]), empty)).toMatchObject({ reason: 'TooManyRevisions' })
    expect(target.plan(wantOf(both, [0, 100]), empty).kind).toBe('steps')
  })

  it('is that of an endpoint whose instances have no guardrails, too', async () => {
    const made = await scene()
    await converge(
      made,
      wantOf([revision(1, { settings: { ...first.settings, instanceType: 'ml.inf1.xlarge' } })]),
    )
    await expect(converge(sagemakerOf(made), wantOf(both, [0, 100]))).rejects.toThrow(
      /InstanceUnsupported: the endpoint modelspine-churn runs on ml.inf1.xlarge/,
    )
  })

  it.each([
    ['canary', 2, 4, true],
    ['canary', 3, 4, false],
    ['linear', 1, 10, true],
    ['linear', 1, 11, false],
    ['rolling', 1, 20, true],
    ['rolling', 1, 21, false],
  ] as const)('of %s takes steps of %i of %i instances: %s', (kind, sizeInstances, count, isRight) => {
    const stepped = sagemakerTarget({
      ...own,
      guardrails: { kind, sizeInstances, waitSeconds: 60, alarms: [] },
    })
    const plan = stepped.plan(wantOf([first], [100], { scale: { min: count, max: count } }), empty)
    if (isRight) expect(plan.kind).toBe('steps')
    else
      expect(plan).toMatchObject({
        reason: 'StepUnsupported',
        message: expect.stringContaining(`of ${count} `),
      })
  })
})

describe('guardrails', () => {
  const canary = { kind: 'canary', sizePercent: 10, waitSeconds: 60, alarms: [] } as const
  const rolling = { kind: 'rolling', sizePercent: 10, waitSeconds: 60, alarms: [] } as const

  it.each([
    [{ ...canary, kind: 'blue' }, 'guardrails.kind is "blue"'],
    [{ ...canary, colour: 'blue' }, 'guardrails.colour'],
    [{ ...canary, sizePercent: 51 }, 'guardrails.sizePercent is 51: write a whole number, 1 to 50'],
    [{ ...canary, sizePercent: 0 }, 'guardrails.sizePercent'],
    [{ ...canary, sizeInstances: 1 }, 'one of sizePercent and sizeInstances'],
    [{ ...canary, sizePercent: undefined }, 'one of sizePercent and sizeInstances'],
    [{ ...canary, sizePercent: undefined, sizeInstances: 0 }, 'guardrails.sizeInstances'],
    [
      { ...canary, kind: 'linear', sizePercent: 9 },
      'guardrails.sizePercent is 9: write a whole number, 10 to 50',
    ],
    [{ ...rolling, sizePercent: 4 }, 'guardrails.sizePercent is 4: write a whole number, 5 to 50'],
    [{ ...rolling, terminationWaitSeconds: 1 }, 'guardrails.terminationWaitSeconds is nothing of rolling'],
    [{ ...rolling, rollbackSizePercent: 4 }, 'guardrails.rollbackSizePercent'],
    [{ kind: 'all-at-once', waitSeconds: 60, sizePercent: 10, alarms: [] }, 'guardrails.sizePercent'],
    [{ ...canary, waitSeconds: 3601 }, 'guardrails.waitSeconds is 3601: write a whole number, 0 to 3600'],
    [{ ...canary, waitSeconds: 1.5 }, 'guardrails.waitSeconds'],
    [{ ...canary, terminationWaitSeconds: -1 }, 'guardrails.terminationWaitSeconds'],
    [{ ...canary, maximumSeconds: 599 }, 'guardrails.maximumSeconds'],
    [{ ...canary, waitSeconds: 600, maximumSeconds: 600 }, 'the waits alone take 600'],
    [{ ...canary, alarms: undefined }, 'guardrails.alarms'],
    [
      { ...canary, alarms: Array.from({ length: 11 }, (_, place) => `a${place}`) },
      'guardrails.alarms has 11',
    ],
    [{ ...canary, alarms: ['ok', ' '] }, 'guardrails.alarms[1]'],
  ])('%j are refused: %s', (given, said) => {
    expect(() => sagemakerTarget({ region, guardrails: given as never })).toThrowError(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(said) }),
    )
  })

  it('change what the target can do', () => {
    const { capabilities } = sagemakerTarget({ region, guardrails: canary })
    expect(capabilities).toEqual({
      ...sagemakerTarget({ region }).capabilities,
      maxRevisions: 2,
      attribution: 'none',
    })
  })
})
