import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../../../simulators/sagemaker/endpoints.ts'
import type { Json } from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { callOptions, converge, endpoint, key, revision, type Scene, scene, wantOf } from './scene.ts'

const [first, second, third] = [revision(1), revision(2), revision(3)]
const external = (version: number) =>
  revision(version, { settings: { ...revision(version).settings, autoscaling: 'external' } })

const operations = ({ world }: Scene): readonly string[] => world.journal.map(({ operation }) => operation)
const inputs = ({ api }: Scene, operation: string): readonly Json[] =>
  api.exchanges.filter((each) => each.operation === operation).map(({ input }) => input)
const running = ({ world }: Scene) => world.endpoint(endpoint) as Endpoint

describe('a change of an endpoint', () => {
  it('brings the models, the config and the endpoint, a call each', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    expect(operations(made)).toEqual(['CreateModel', 'CreateEndpointConfig', 'CreateEndpoint'])
    const [config] = made.world.configs()
    expect(made.world.config(config ?? '')?.ProductionVariants).toEqual([
      {
        VariantName: first.name,
        ModelName: `modelspine-churn-${first.name}`,
        InstanceType: 'ml.m5.xlarge',
        InitialInstanceCount: 1,
        InitialVariantWeight: 100,
        VolumeSizeInGB: 30,
      },
    ])
    for (const kind of ['endpoint', 'endpoint-config', 'model'] as const) {
      const name = { endpoint, 'endpoint-config': config ?? '', model: `${endpoint}-${first.name}` }[kind]
      expect(made.world.tags(kind, name)).toMatchObject({ 'modelspine:key': key })
    }
  })

  it('adds a revision without traffic, shifts, and removes what is unused only then', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    await converge(made, wantOf([first, second]))
    expect(running(made).variants).toMatchObject([
      { name: first.name, currentWeight: 100 },
      { name: second.name, currentWeight: 0 },
    ])
    await converge(made, wantOf([first, second], [40, 60]))
    expect(running(made).variants.map(({ currentWeight }) => currentWeight)).toEqual([40, 60])
    const { journal } = made.world
    const before = journal.length
    await converge(made, wantOf([second]))
    expect(journal.slice(before).map(({ operation }) => operation)).toEqual([
      'UpdateEndpointWeightsAndCapacities',
      'CreateEndpointConfig',
      'UpdateEndpoint',
      'DeleteEndpointConfig',
      'DeleteModel',
    ])
    expect([made.world.configs().length, made.world.models().length]).toEqual([1, 1])
  })

  it('keeps the counts and weights that the endpoint has, and not those of a config', async () => {
    const made = await scene()
    const scaled = external(1)
    const range = { scale: { min: 1, max: 6 } }
    await converge(made, wantOf([scaled], [100], range))
    made.world.autoscale(endpoint, scaled.name, 5)
    await converge(made, wantOf([scaled, external(2)], [100, 0], range))
    expect(running(made).variants).toMatchObject([{ desiredCount: 5 }, { desiredCount: 1 }])
    expect(inputs(made, 'UpdateEndpoint')).toEqual([
      expect.objectContaining({
        RetainAllVariantProperties: true,
        ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DataCaptureConfig' }],
      }),
    ])
    // A shift does not touch counts.
    await converge(made, wantOf([scaled, external(2)], [90, 10], range))
    expect(running(made).variants.map(({ desiredCount }) => desiredCount)).toEqual([5, 1])
    expect(JSON.stringify(inputs(made, 'UpdateEndpointWeightsAndCapacities'))).not.toContain('InstanceCount')
    // What is outside of the scale is brought in.
    await converge(made, wantOf([scaled, external(2)], [90, 10], { scale: { min: 2, max: 4 } }))
    expect(running(made).variants.map(({ desiredCount }) => desiredCount)).toEqual([4, 2])
    const known = await made.target.observe(key, { applied: [scaled, external(2)] })
    expect(known.revisions.map(({ scale }) => scale)).toEqual([undefined, undefined])
  })

  it('takes weights as SageMaker keeps them, in 32 bits', async () => {
    const made = await scene()
    const want = wantOf([first, second, third], [33.3, 33.3, 33.4])
    await converge(made, want)
    const { revisions } = await made.target.observe(key)
    expect(revisions.map(({ weight }) => weight)).toEqual([33.3, 33.3, 33.4])
    expect((await converge(made, want)).kinds).toEqual(['unchanged'])
    expect(made.target.plan(want, await made.target.observe(key))).toEqual({ kind: 'steps', steps: [] })
  })

  it('writes no config without any weight while there is no split', async () => {
    const made = await scene()
    await converge(made, wantOf([first], [], { split: [] }))
    await converge(made, wantOf([first, second], [], { split: [] }))
    const weights = inputs(made, 'CreateEndpointConfig').map(({ ProductionVariants }) =>
      (ProductionVariants as readonly Json[]).map(({ InitialVariantWeight }) => InitialVariantWeight),
    )
    expect(weights).toEqual([[100], [100, 0]])
  })

  it('makes room among ten variants, by the one with the least traffic', async () => {
    const made = await scene()
    const all = Array.from({ length: 10 }, (_, place) => ({ ...first, name: `a${place}b2c3d4e5` }))
    await converge(made, wantOf(all, [80, 10, 10]))
    const next = { ...first, name: 'ffb2c3d4e5' }
    const before = inputs(made, 'CreateEndpointConfig').length
    await converge(made, wantOf([...all.slice(0, 2), next], [90, 10]))
    expect(running(made).variants.map(({ name }) => name)).toEqual(
      [...all.slice(0, 2), next].map(({ name }) => name),
    )
    const [between] = inputs(made, 'CreateEndpointConfig').slice(before)
    const served = all.slice(0, 3).map(({ name }) => expect.objectContaining({ VariantName: name }))
    expect(between?.ProductionVariants).toEqual(expect.arrayContaining(served))
  })

  it('shows the weights that SageMaker has reached, and not those that it was given', async () => {
    const made = await scene()
    await converge(made, wantOf([first, second]))
    await made.target.apply(key, wantOf([first, second], [40, 60]), callOptions())
    const weights = async () => (await made.target.observe(key)).revisions.map(({ weight }) => weight)
    expect(await weights()).toEqual([100, 0])
    made.world.settle()
    expect(await weights()).toEqual([40, 60])
  })

  it('is no failure while the description is older than it', async () => {
    const made = await scene({ lagMs: 3000 })
    const { clock, target, world } = made
    const handles: string[] = []
    for (let call = 0; call < 12; call += 1) {
      const wanted = call < 6 ? [first] : [first, second]
      const result = await target.apply(key, wantOf(wanted), callOptions())
      if (result.kind === 'accepted' && result.handle?.startsWith('update')) {
        handles.push(result.handle)
        break
      }
      world.settle()
      await clock.advance(3000)
    }
    const states = async () =>
      (await target.observe(key, { handles, applied: [first, second] })).operations.map(({ state }) => state)
    expect(await states()).toEqual(['running'])
    await clock.advance(3000)
    world.settle()
    await clock.advance(3000)
    expect(await states()).toEqual(['succeeded'])
  })

  it('captures what the newest revision says', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    const dataCapture = { destination: 's3://bucket/captured', samplingPercent: 10, capture: ['input'] }
    const captured = revision(2, { settings: { ...second.settings, dataCapture, kmsKey: 'alias/models' } })
    await converge(made, wantOf([first, captured]))
    expect(made.world.config(running(made).config)).toMatchObject({
      KmsKeyId: 'alias/models',
      DataCaptureConfig: { EnableCapture: true, InitialSamplingPercentage: 10 },
    })
  })

  it('never leaves a revision without instances unseen', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    made.world.autoscale(endpoint, first.name, 0)
    expect((await made.target.observe(key)).revisions).toMatchObject([
      { state: 'unready', reason: 'NoInstances' },
    ])
  })
})

describe('an endpoint in the state', () => {
  it.each([
    ['Creating', 'starting', 'busy'],
    ['Updating', 'ready', 'busy'],
    ['SystemUpdating', 'ready', 'busy'],
    ['RollingBack', 'ready', 'busy'],
    ['Deleting', 'stopping', 'busy'],
    ['InService', 'ready', 'unchanged'],
    ['OutOfService', 'unready', 'unchanged'],
    ['Failed', 'failed', 'accepted'],
    ['UpdateRollbackFailed', 'ready', 'accepted'],
  ])('%s is observed as %s, and an apply is %s', async (status, state, kind) => {
    const made = await scene()
    await converge(made, wantOf([first]))
    made.world.put(endpoint, { status, failure: 'the reason of AWS' })
    const { revisions } = await made.target.observe(key)
    expect(revisions.map((each) => each.state)).toEqual([state])
    if (state !== 'ready') {
      expect(revisions).toMatchObject([{ reason: status, message: 'the reason of AWS' }])
    }
    expect((await made.target.apply(key, wantOf([first]), callOptions())).kind).toBe(kind)
  })

  it('of a later version of SageMaker is waited for', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    const answer = made.api.exchanges.findLast(({ operation }) => operation === 'DescribeEndpoint')?.output
    // The model of today would not let it pass.
    const body = JSON.stringify({ ...answer, EndpointStatus: 'Hibernating' })
    made.api.intercept = (operation) => (operation === 'DescribeEndpoint' ? { status: 200, body } : undefined)
    expect((await made.target.apply(key, wantOf([second]), callOptions())).kind).toBe('busy')
    expect((await made.target.observe(key)).revisions).toMatchObject([{ state: 'ready' }])
  })

  it('Failed is deleted and made anew, and what failed is told', async () => {
    const made = await scene()
    made.world.failNext('no /ping')
    const handles: string[] = []
    for (let call = 1; call <= 3; call += 1) {
      const result = await made.target.apply(key, wantOf([first]), callOptions())
      if (result.kind === 'accepted' && result.handle) handles.push(result.handle)
    }
    const look = () => made.target.observe(key, { handles, applied: [first] })
    expect(await look()).toMatchObject({
      revisions: [{ revision: first.name, state: 'starting' }],
      operations: [{ state: 'running' }],
    })
    await made.clock.advance(1000)
    made.world.settle()
    expect(await look()).toMatchObject({
      revisions: [{ revision: first.name, state: 'failed', reason: 'Failed', message: 'no /ping' }],
      operations: [{ state: 'failed', reason: 'Failed: no /ping' }],
    })
    await converge(made, wantOf([first]))
    expect(operations(made)).toEqual([
      'CreateModel',
      'CreateEndpointConfig',
      'CreateEndpoint',
      'DeleteEndpoint',
      'CreateEndpoint',
    ])
  })
})

describe('an update that SageMaker takes back', () => {
  it.each([
    [false, ': no /ping'],
    [true, ''],
  ])('is told as failed (without a word: %s)', async (isSilent, said) => {
    const made = await scene({ isSilent })
    const { clock, world, target } = made
    await converge(made, wantOf([first]))
    const before = running(made).config
    await clock.advance(1000)
    world.failNext('no /ping')
    const handles: string[] = []
    for (let call = 1; call <= 3; call += 1) {
      const result = await target.apply(key, wantOf([first, second]), callOptions())
      if (result.kind === 'accepted' && result.handle) handles.push(result.handle)
    }
    await clock.advance(1000)
    world.settle()
    const { operations, revisions } = await target.observe(key, { handles, applied: [first, second] })
    expect(revisions).toMatchObject([
      { revision: first.name, state: 'ready', weight: 100 },
      {
        revision: second.name,
        state: 'failed',
        reason: 'RolledBack',
        message: expect.stringContaining(said),
      },
    ])
    const meant = made.world.configs().find((name) => name !== before)
    expect(operations).toMatchObject([
      {
        state: 'failed',
        reason: `RolledBack: the endpoint runs the config ${before}, and not ${meant}${said}`,
      },
    ])
    // When nobody wants it any more, what was made for it is shown as something to remove.
    expect((await target.observe(key, { handles, applied: [first] })).revisions).toMatchObject([
      { revision: first.name },
      { revision: second.name, state: 'unready', reason: 'OnlyModelLeft' },
    ])
    await converge(made, wantOf([first]))
    expect([world.models().length, world.configs().length]).toEqual([1, 1])
  })

  it('of weights alone is told, too', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    await made.clock.advance(1000)
    made.world.failNext('no capacity')
    const result = await made.target.apply(
      key,
      wantOf([first], [100], { scale: { min: 2, max: 2 } }),
      callOptions(),
    )
    const handles = result.kind === 'accepted' && result.handle ? [result.handle] : []
    await made.clock.advance(1000)
    made.world.settle()
    expect((await made.target.observe(key, { handles })).operations).toMatchObject([
      { state: 'failed', reason: 'NotScaled: no capacity' },
    ])
  })
})

describe('an endpoint of somebody else', () => {
  it('is left alone', async () => {
    const { target, world } = await scene()
    const foreign = {
      name: 'AllTraffic',
      currentWeight: 1,
      desiredWeight: 1,
      currentCount: 1,
      desiredCount: 1,
    }
    world.put(endpoint, { config: 'their-config', variants: [foreign] })
    const calls = {
      apply: () => target.apply(key, wantOf([first]), callOptions()),
      destroy: () => target.destroy(key, callOptions()),
      observe: () => target.observe(key),
    }
    for (const call of Object.values(calls)) {
      await expect(call()).rejects.toMatchObject({
        code: 'target-refused',
        message: expect.stringContaining('is not of this target'),
      })
    }
    world.tag('endpoint', endpoint, { 'modelspine:key': 'other/churn' })
    await expect(calls.destroy()).rejects.toMatchObject({
      message: expect.stringContaining('belongs to other/churn'),
    })
    expect(world.journal).toEqual([])
  })

  it('is not one with a config of ours whose tags somebody took off', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    made.world.untag('endpoint', endpoint)
    await converge(made, wantOf([second]))
    expect(made.world.tags('endpoint', endpoint)).toMatchObject({ 'modelspine:key': key })
  })

  it('is not one that is gone and still described', async () => {
    const made = await scene({ lagMs: 60_000 })
    const { clock, target, world } = made
    for (let call = 0; call < 5; call += 1) {
      await target.apply(key, wantOf([first]), callOptions())
      world.settle()
      await clock.advance(60_000)
    }
    await target.destroy(key, callOptions())
    world.settle()
    expect(world.endpoints()).toEqual([])
    expect(await target.apply(key, wantOf([first]), callOptions())).toMatchObject({ kind: 'busy' })
    expect(await target.destroy(key, callOptions())).toMatchObject({ kind: 'busy' })
  })

  it('keeps its models and configs, also when their names look like ours', async () => {
    const made = await scene()
    await converge(made, wantOf([first]))
    const { world, target } = made
    world.operations?.CreateModel?.({ ModelName: `${endpoint}-0123456789`, Tags: [] })
    await converge(made, wantOf([first]))
    expect(world.models()).toHaveLength(2)
    for (let call = 0; call < 6; call += 1) {
      await target.destroy(key, callOptions())
      world.settle()
    }
    expect([world.models(), world.configs(), world.endpoints()]).toEqual([[`${endpoint}-0123456789`], [], []])
  })
})

describe('planes over one endpoint', () => {
  const one = { store: 'store-1', fence: 7 }

  it('are told apart by its tags', async () => {
    const made = await scene()
    const { target, world } = made
    await converge(made, wantOf([first]), one)
    const tags = () => world.tags('endpoint', endpoint)
    expect(tags()).toMatchObject({ 'modelspine:fence': '7', 'modelspine:store': 'store-1' })
    const apply = (more: object) => target.apply(key, wantOf([second]), callOptions(more))
    await expect(apply({ ...one, fence: 6 })).rejects.toMatchObject({ code: 'fence-stale' })
    await expect(apply({ store: 'store-2', fence: 9 })).rejects.toMatchObject({ code: 'fence-foreign' })
    await expect(target.destroy(key, callOptions({ store: 'store-2', fence: 9 }))).rejects.toMatchObject({
      code: 'fence-foreign',
    })
    const before = world.journal.length
    expect((await apply({ store: 'store-2', fence: 3, takeOver: true })).kind).toBe('accepted')
    expect(world.journal.length).toBe(before + 1)
    expect(tags()).toMatchObject({ 'modelspine:fence': '3', 'modelspine:store': 'store-2' })
  })

  it('leave tags of other people, and write their own only when they change', async () => {
    const made = await scene({}, { tags: { team: 'risk' } })
    await converge(made, wantOf([first]), one)
    made.world.tag('endpoint', endpoint, { owner: 'ann' })
    await converge(made, wantOf([first]), { ...one, fence: 8 })
    await converge(made, wantOf([first]), { ...one, fence: 8 })
    expect(made.world.tags('endpoint', endpoint)).toMatchObject({
      owner: 'ann',
      team: 'risk',
      'modelspine:fence': '8',
    })
    expect(inputs(made, 'AddTags')).toHaveLength(1)
  })
})
