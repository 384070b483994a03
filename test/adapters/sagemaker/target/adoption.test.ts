import type { TargetWant } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { callOptions, converge, key, revision, role, type Scene, scene, wantOf } from './scene.ts'

const theirs = 'churn-prod'

/** An endpoint that somebody made by hand. */
async function found(config: object = {}): Promise<Scene> {
  const made = await scene({}, { adopt: { [key]: theirs } })
  const { operations = {} } = made.world
  operations.CreateModel?.({ ModelName: 'their-model', ExecutionRoleArn: role })
  operations.CreateEndpointConfig?.({
    EndpointConfigName: 'their-config',
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: 'their-model',
        InitialInstanceCount: 2,
        InstanceType: 'ml.c5.large',
        ContainerStartupHealthCheckTimeoutInSeconds: 120,
      },
    ],
    ...config,
  })
  operations.CreateEndpoint?.({ EndpointName: theirs, EndpointConfigName: 'their-config' })
  made.world.settle()
  return made
}

const next = revision(1)
const keeping = (weights: readonly [theirs: number, ours: number]): TargetWant => ({
  revisions: [next],
  keep: ['AllTraffic'],
  split: [
    { revision: 'AllTraffic', weight: weights[0] },
    { revision: next.name, weight: weights[1] },
  ],
  scale: { min: 1, max: 1 },
})

describe('an endpoint that ran before', () => {
  it('is observed as it is, and taken over with the first change', async () => {
    const made = await found()
    const { target, world } = made
    expect((await target.observe(key)).revisions).toEqual([
      {
        revision: 'AllTraffic',
        state: 'ready',
        weight: 100,
        scale: { min: 2, max: 2 },
        endpoint: { protocol: 'sagemaker', address: theirs, model: 'AllTraffic' },
      },
    ])
    expect(await target.list()).toEqual([])
    await converge(made, keeping([100, 0]))
    expect(await target.list()).toEqual([key])
    expect(world.tags('endpoint', theirs)).toMatchObject({ 'modelspine:key': key })
    const { config = '', variants } = world.endpoint(theirs) ?? {}
    expect(world.config(config)?.ProductionVariants).toMatchObject([
      {
        VariantName: 'AllTraffic',
        ModelName: 'their-model',
        InitialInstanceCount: 2,
        InstanceType: 'ml.c5.large',
        ContainerStartupHealthCheckTimeoutInSeconds: 120,
      },
      { VariantName: next.name },
    ])
    expect(variants).toMatchObject([
      { name: 'AllTraffic', desiredCount: 2, desiredWeight: 1 },
      { name: next.name, desiredCount: 1, desiredWeight: 0 },
    ])
    await converge(made, keeping([50, 50]))
    await converge(made, wantOf([next]))
    expect((await target.observe(key)).revisions.map(({ revision }) => revision)).toEqual([next.name])
    // What others made stays with them.
    expect(world.models()).toContain('their-model')
    expect(world.configs()).toContain('their-config')
  })

  it('is refused when the target would lose a part of it', async () => {
    const { target, world } = await found({
      AsyncInferenceConfig: { OutputConfig: { S3OutputPath: 's3://bucket/out' } },
    })
    const before = world.journal.length
    expect(await target.apply(key, keeping([100, 0]), callOptions())).toMatchObject({
      kind: 'refused',
      reason: 'AdoptionUnsupported',
      message: expect.stringContaining('AsyncInferenceConfig'),
    })
    expect(world.journal.length).toBe(before)
  })

  it('is deleted with its deployment', async () => {
    const made = await found()
    await converge(made, keeping([100, 0]))
    for (let call = 0; call < 6; call += 1) {
      await made.target.destroy(key, callOptions())
      made.world.settle()
    }
    const { world } = made
    expect([world.endpoints(), world.models(), world.configs()]).toEqual([
      [],
      ['their-model'],
      ['their-config'],
    ])
  })
})
