import type { TargetWant } from 'modelspine/adapter'
import type { SagemakerTargetOptions } from 'modelspine/adapters/sagemaker'
import { describe, expect, it } from 'vitest'
import { callOptions, converge, key, revision, role, type Scene, scene, wantOf } from './scene.ts'

const theirs = 'churn-prod'

/** An endpoint that somebody made by hand. */
async function found(config: object = {}, more: Partial<SagemakerTargetOptions> = {}): Promise<Scene> {
  const made = await scene({}, { adopt: { [key]: theirs }, ...more })
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

  const KmsKeyId = 'arn:aws:kms:eu-west-1:123456789012:key/1'
  const DataCaptureConfig = {
    EnableCapture: true,
    InitialSamplingPercentage: 5,
    DestinationS3Uri: 's3://bucket/captured',
    CaptureOptions: [{ CaptureMode: 'Input' }],
  }
  const guardrails = { kind: 'all-at-once', waitSeconds: 0, alarms: [] } as const

  it.each([
    ['AsyncInferenceConfig', { AsyncInferenceConfig: { OutputConfig: { S3OutputPath: 's3://bucket/out' } } }],
    ['settings.kmsKey', { KmsKeyId }],
    ['settings.dataCapture', { DataCaptureConfig }],
  ])('is refused when the target would lose a part of it: %s', async (what, config) => {
    const refusal = {
      kind: 'refused',
      reason: 'AdoptionUnsupported',
      message: expect.stringContaining(what),
    }
    const { target, world } = await found(config)
    const before = world.journal.length
    expect(await target.apply(key, keeping([100, 0]), callOptions())).toMatchObject(refusal)
    expect(world.journal.length).toBe(before)
    const guarded = await found(config, { guardrails })
    const made: string[] = []
    for (let call = 0; call < 4; call += 1) {
      const result = await guarded.target.apply(key, keeping([0, 100]), callOptions())
      if (result.kind === 'refused') expect(result).toMatchObject(refusal)
      made.push(result.kind)
    }
    expect(made.at(-1)).toBe('refused')
    expect(guarded.world.endpoint(theirs)?.config).toBe('their-config')
  })

  it('keeps its key and what it captures, where the deployment names them or has no revision yet', async () => {
    const none = await found({ KmsKeyId, DataCaptureConfig })
    const { operations = {} } = none.world
    operations.CreateEndpointConfig?.({
      EndpointConfigName: 'two',
      KmsKeyId,
      DataCaptureConfig,
      ProductionVariants: ['AllTraffic', 'other'].map((VariantName) => ({
        VariantName,
        ModelName: 'their-model',
        InitialInstanceCount: 1,
        InstanceType: 'ml.c5.large',
      })),
    })
    operations.UpdateEndpoint?.({ EndpointName: theirs, EndpointConfigName: 'two' })
    none.world.settle()
    const alone = [{ revision: 'AllTraffic', weight: 100 }]
    await converge(none, { ...keeping([100, 0]), revisions: [], split: alone })
    const { config = '', variants } = none.world.endpoint(theirs) ?? {}
    expect(variants?.map(({ name }) => name)).toEqual(['AllTraffic'])
    expect(none.world.config(config)).toMatchObject({ KmsKeyId, DataCaptureConfig })

    const named = await found({ KmsKeyId })
    const own = { ...next, settings: { ...next.settings, kmsKey: KmsKeyId } }
    await converge(named, { ...keeping([100, 0]), revisions: [own] })
    expect(named.world.config(named.world.endpoint(theirs)?.config ?? '')).toMatchObject({ KmsKeyId })
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
