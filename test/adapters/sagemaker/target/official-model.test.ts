import { readFileSync } from 'node:fs'
import type { Revision } from 'modelspine/adapter'
import type { SagemakerGuardrails } from 'modelspine/adapters/sagemaker'
import { describe, expect, it } from 'vitest'
import {
  type Exchange,
  type Json,
  sagemakerModel,
} from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { callOptions, converge, image, key, revision, role, type Scene, scene, wantOf } from './scene.ts'

/** The file in the cache that `npm run live:install -- official-models` fills: sagemaker.json.gz. */
const model = sagemakerModel()

const [first, second] = [revision(1), revision(2)]
const settings = {
  instanceType: 'ml.m5.xlarge',
  image,
  executionRole: role,
  volumeSizeInGB: 30,
  vpc: { subnets: ['subnet-1a'], securityGroups: ['sg-1a'] },
  networkIsolation: true,
  kmsKey: 'arn:aws:kms:eu-west-1:123456789012:key/1',
  downloadTimeoutSeconds: 600,
  startupTimeoutSeconds: 600,
  routing: 'least-outstanding-requests',
  dataCapture: { destination: 's3://bucket/captured', samplingPercent: 10, capture: ['input', 'output'] },
}

function of(uri: string): Revision['model'] {
  return { ...first.model, artifact: { kind: 'files', files: [{ uri }] } }
}

const arn = 'arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/3'
const full = revision(3, { model: of('s3://models/folder/'), settings })
const packaged = revision(4, { model: of(arn) })
const single = revision(5, { model: of('s3://models/churn.onnx') })

const waits = { waitSeconds: 60, alarms: ['errors'] }
const everyGuardrails: readonly SagemakerGuardrails[] = [
  { kind: 'all-at-once', waitSeconds: 0, terminationWaitSeconds: 3600, maximumSeconds: 28_800, alarms: [] },
  { kind: 'canary', sizePercent: 50, terminationWaitSeconds: 60, maximumSeconds: 600, ...waits },
  { kind: 'linear', sizeInstances: 1, ...waits },
  { kind: 'rolling', sizePercent: 5, rollbackSizePercent: 100, maximumSeconds: 600, ...waits },
]

let shifts: ReturnType<typeof guardedUpdates> | undefined
const guardedShifts = (): ReturnType<typeof guardedUpdates> => {
  shifts ??= guardedUpdates()
  return shifts
}

/** A guarded shift of each kind. */
async function guardedUpdates(): Promise<
  readonly { readonly input: Json; readonly output: Json | undefined }[]
> {
  const found: { readonly input: Json; readonly output: Json | undefined }[] = []
  for (const guardrails of everyGuardrails) {
    const made = await scene({}, { guardrails })
    const scaled = { scale: { min: 2, max: 2 } }
    await converge(made, wantOf([first], [100], scaled))
    await converge(made, wantOf([first, second], [0, 100], scaled))
    found.push(...made.api.exchanges.filter(({ operation }) => operation === 'UpdateEndpoint'))
  }
  return found
}

let everything: ReturnType<typeof everyRequest> | undefined
const exchanged = (): ReturnType<typeof everyRequest> => {
  everything ??= everyRequest()
  return everything
}

/** Every form of request that the target has. */
async function everyRequest(): Promise<Scene> {
  const made = await scene({ pageSize: 1 }, { tags: { team: 'risk' } })
  const { target, world } = made
  await converge(made, wantOf([first, packaged], [60, 40]), { store: 'store-1' })
  const newer = { store: 'store-1', fence: 2 }
  await converge(made, wantOf([first, second, packaged], [50, 25, 25]), newer)
  await converge(made, wantOf([second, single, full], [50, 0, 50], { scale: { min: 2, max: 2 } }), newer)
  await target.observe(key)
  await target.list()
  for (let call = 0; call < 8; call += 1) {
    await target.destroy(key, callOptions(newer))
    world.settle()
  }
  return made
}

const inputsOf = (exchanges: readonly Exchange[], operation: string): readonly Json[] =>
  exchanges.filter((each) => each.operation === operation).map(({ input }) => input)

describe.skipIf(model === undefined)('against sagemaker.json.gz, the model that AWS publishes', () => {
  const known = model as NonNullable<typeof model>

  it('the protocol is the one that the client speaks', () => {
    expect(known.metadata).toMatchObject({ protocol: 'json', jsonVersion: '1.1', targetPrefix: 'SageMaker' })
  })

  it('every request fits, and so does every answer of the simulator', async () => {
    const { api } = await exchanged()
    const operations = new Set(api.exchanges.map(({ operation }) => operation))
    for (const { operation, input, output } of api.exchanges) {
      expect(known.http(operation)).toEqual({ method: 'POST', requestUri: '/' })
      expect(known.request(operation, input), JSON.stringify(input)).toEqual([])
      if (output !== undefined) expect(known.reply(operation, output)).toEqual([])
    }
    console.log(`sagemakerTarget: ${operations.size} operations checked in ${api.exchanges.length} exchanges`)
    expect(operations.size).toBe(16)
  })

  const variant = ['ProductionVariants', 0]
  it.each([
    ['CreateModel', [], 'Colour', 'blue'],
    ['CreateModel', ['PrimaryContainer'], 'Colour', 'blue'],
    ['CreateModel', ['PrimaryContainer'], 'ModelDataUrl', 'file:///models/1'],
    ['CreateModel', ['PrimaryContainer', 'Environment'], 'A-B', '1'],
    ['CreateModel', ['Tags', 0], 'Colour', 'blue'],
    ['CreateEndpointConfig', [], 'Colour', 'blue'],
    ['CreateEndpointConfig', variant, 'Colour', 'blue'],
    ['CreateEndpointConfig', variant, 'InstanceType', 'ml.huge'],
    ['CreateEndpointConfig', variant, 'InitialInstanceCount', 0],
    ['CreateEndpointConfig', variant, 'InitialVariantWeight', '100'],
    ['CreateEndpoint', [], 'Colour', 'blue'],
    ['CreateEndpoint', [], 'EndpointName', 'under_score'],
    ['UpdateEndpoint', [], 'Colour', 'blue'],
    ['UpdateEndpoint', ['ExcludeRetainedVariantProperties', 0], 'VariantPropertyType', 'Mood'],
    ['UpdateEndpointWeightsAndCapacities', [], 'Colour', 'blue'],
    ['UpdateEndpointWeightsAndCapacities', ['DesiredWeightsAndCapacities', 0], 'DesiredWeight', -1],
    ['DescribeEndpoint', [], 'Colour', 'blue'],
    ['DescribeEndpointConfig', [], 'Colour', 'blue'],
    ['DescribeModel', [], 'Colour', 'blue'],
    ['ListModels', [], 'MaxResults', 101],
    ['ListEndpointConfigs', [], 'NameContains', 'under_score'],
    ['ListEndpoints', [], 'StatusEquals', 'Tired'],
    ['ListTags', [], 'MaxResults', 49],
    ['AddTags', ['Tags', 0], 'Key', ''],
    ['DeleteEndpoint', [], 'Colour', 'blue'],
    ['DeleteEndpointConfig', [], 'Colour', 'blue'],
    ['DeleteModel', [], 'Colour', 'blue'],
  ] as const)('a mistake in the request %s at %j is found: %s', async (operation, path, member, wrong) => {
    const { api } = await exchanged()
    const input = structuredClone(inputsOf(api.exchanges, operation)[0]) as never
    expect(known.request(operation, input)).toEqual([])
    let at = input as Record<string, unknown>
    for (const step of path) at = at[step] as Record<string, unknown>
    at[member] = wrong
    expect(known.request(operation, input)).not.toEqual([])
  })

  it('every form of guardrails fits', async () => {
    const updates = await guardedShifts()
    const forms = updates.map(({ input }) => input.DeploymentConfig)
    for (const { input, output } of updates) {
      expect(known.request('UpdateEndpoint', input), JSON.stringify(input)).toEqual([])
      expect(output && known.reply('UpdateEndpoint', output)).toEqual([])
    }
    const Alarms = [{ AlarmName: 'errors' }]
    const AutoRollbackConfiguration = { Alarms }
    expect(forms).toEqual([
      {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 },
          TerminationWaitInSeconds: 3600,
          MaximumExecutionTimeoutInSeconds: 28_800,
        },
      },
      {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: {
            Type: 'CANARY',
            WaitIntervalInSeconds: 60,
            CanarySize: { Type: 'CAPACITY_PERCENT', Value: 50 },
          },
          TerminationWaitInSeconds: 60,
          MaximumExecutionTimeoutInSeconds: 600,
        },
        AutoRollbackConfiguration,
      },
      {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: {
            Type: 'LINEAR',
            WaitIntervalInSeconds: 60,
            LinearStepSize: { Type: 'INSTANCE_COUNT', Value: 1 },
          },
        },
        AutoRollbackConfiguration,
      },
      {
        RollingUpdatePolicy: {
          MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 5 },
          WaitIntervalInSeconds: 60,
          MaximumExecutionTimeoutInSeconds: 600,
          RollbackMaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 100 },
        },
        AutoRollbackConfiguration,
      },
    ])
  })

  const blue = ['DeploymentConfig', 'BlueGreenUpdatePolicy']
  const routing = [...blue, 'TrafficRoutingConfiguration']
  const rolling = ['DeploymentConfig', 'RollingUpdatePolicy']
  const alarm = ['DeploymentConfig', 'AutoRollbackConfiguration', 'Alarms', 0]
  it.each<[number, readonly (string | number)[], string, unknown]>([
    [0, ['DeploymentConfig'], 'Colour', 'blue'],
    [0, blue, 'Colour', 'blue'],
    [0, blue, 'TerminationWaitInSeconds', 3601],
    [0, blue, 'MaximumExecutionTimeoutInSeconds', 28_801],
    [0, routing, 'Type', 'AT_ONCE'],
    [0, routing, 'WaitIntervalInSeconds', 3601],
    [1, [...routing, 'CanarySize'], 'Type', 'PERCENT'],
    [1, [...routing, 'CanarySize'], 'Value', 0],
    [2, [...routing, 'LinearStepSize'], 'Colour', 'blue'],
    [3, rolling, 'TerminationWaitInSeconds', 60],
    [3, [...rolling, 'MaximumBatchSize'], 'Type', 'PERCENT'],
    [3, [...rolling, 'RollbackMaximumBatchSize'], 'Value', 0.5],
    [3, alarm, 'AlarmName', ' '],
    [3, alarm, 'Colour', 'blue'],
  ])('a mistake in the guardrails %i at %j is found: %s', async (form, path, member, wrong) => {
    const input = structuredClone((await guardedShifts())[form]?.input) as never
    let at = input as Record<string, unknown>
    for (const step of path) at = at[step] as Record<string, unknown>
    at[member] = wrong
    expect(known.request('UpdateEndpoint', input)).not.toEqual([])
  })

  it('every setting is sent', async () => {
    const { api } = await exchanged()
    const config = inputsOf(api.exchanges, 'CreateEndpointConfig').findLast((input) => 'KmsKeyId' in input)
    expect(config).toMatchObject({
      KmsKeyId: settings.kmsKey,
      DataCaptureConfig: {
        EnableCapture: true,
        InitialSamplingPercentage: 10,
        DestinationS3Uri: 's3://bucket/captured',
        CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
      },
    })
    const variants = config?.ProductionVariants as readonly Json[]
    expect(variants.find(({ VariantName }) => VariantName === full.name)).toMatchObject({
      InstanceType: 'ml.m5.xlarge',
      InitialInstanceCount: 2,
      VolumeSizeInGB: 30,
      ModelDataDownloadTimeoutInSeconds: 600,
      ContainerStartupHealthCheckTimeoutInSeconds: 600,
      RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
    })
    const models = inputsOf(api.exchanges, 'CreateModel')
    expect(models.find(({ VpcConfig }) => VpcConfig !== undefined)).toMatchObject({
      PrimaryContainer: {
        Image: settings.image,
        ModelDataSource: {
          S3DataSource: { S3Uri: 's3://models/folder/', S3DataType: 'S3Prefix', CompressionType: 'None' },
        },
        Environment: { THREADS: '4', MODELSPINE_REVISION: full.name },
      },
      ExecutionRoleArn: settings.executionRole,
      VpcConfig: { SecurityGroupIds: ['sg-1a'], Subnets: ['subnet-1a'] },
      EnableNetworkIsolation: true,
    })
    const containers = models.map(({ PrimaryContainer }) => PrimaryContainer)
    expect(containers).toContainEqual(expect.objectContaining({ ModelPackageName: arn }))
    const object = { S3Uri: 's3://models/churn.onnx', S3DataType: 'S3Object', CompressionType: 'None' }
    expect(containers).toContainEqual(expect.objectContaining({ ModelDataSource: { S3DataSource: object } }))
  })
})

describe('the page', () => {
  it('allows in the policy of the target what is sent, and nothing more', async () => {
    const page = readFileSync(new URL('../../../../docs/adapters/sagemaker.md', import.meta.url), 'utf8')
    const [, ofTarget = ''] = /## The target([\s\S]*)/.exec(page) ?? []
    const [, policy = ''] = /```json\n([^`]*"Statement"[^`]*)```/.exec(ofTarget) ?? []
    const { Statement } = JSON.parse(policy) as {
      readonly Statement: readonly { readonly Action: string | readonly string[] }[]
    }
    const { api } = await exchanged()
    const sent = new Set(api.exchanges.map(({ operation }) => `sagemaker:${operation}`))
    // Whoever makes a model lets SageMaker take on its role.
    sent.add('iam:PassRole')
    expect(Statement.flatMap(({ Action }) => Action).sort()).toEqual([...sent].sort())
  })
})
