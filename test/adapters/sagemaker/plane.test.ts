import { createControlPlane, memoryAuditLog, memoryStore } from 'modelspine'
import {
  connectSagemaker,
  type SagemakerRegistry,
  sagemakerRegistry,
  sagemakerTarget,
} from 'modelspine/adapters/sagemaker'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type SimulatedEndpoints, simulatedEndpoints } from '../../simulators/sagemaker/endpoints.ts'
import { type ModelPackages, modelPackages } from '../../simulators/sagemaker/model-packages.ts'
import { sagemakerRuntime } from '../../simulators/sagemaker/runtime.ts'
import {
  credentials,
  type Operation,
  type SagemakerSimulator,
  type SimulatedPart,
  sagemakerSimulator,
} from '../../simulators/sagemaker/sagemaker-simulator.ts'
import { region } from '../shared/aws/small-aws.ts'

const { accessKeyId, secretAccessKey, sessionToken = secretAccessKey } = credentials
const keys = async () => ({
  accessKeyId,
  secretAccessKey: secretAccessKey.reveal(),
  sessionToken: sessionToken.reveal(),
})
const actor = { name: 'ann' }
const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:1'
const executionRole = 'arn:aws:iam::123456789012:role/sagemaker'

/** Tags of groups belong to the registry, all others to the endpoints. */
function tagsOf(packages: ModelPackages, endpoints: SimulatedEndpoints): SimulatedPart {
  const names = ['AddTags', 'DeleteTags', 'ListTags']
  const operations = names.map((name): [string, Operation] => [
    name,
    (input) => {
      const isGroup = String(input.ResourceArn).includes(':model-package-group/')
      const found = (isGroup ? packages : endpoints).operations?.[name]
      if (found === undefined) throw new Error(`nobody plays ${name}`)
      return found(input)
    },
  ])
  return { operations: Object.fromEntries(operations) }
}

interface Played {
  readonly simulator: SagemakerSimulator
  readonly packages: ModelPackages
  readonly registry: SagemakerRegistry
  readonly plane: ReturnType<typeof planeOver>
  readonly runtime: ReturnType<typeof sagemakerRuntime>
  until(condition: () => Promise<boolean>): Promise<void>
}

function planeOver(clock: FakeClock, url: string, watch: <Part extends object>(part: Part) => Part) {
  const connection = { region, endpoint: url, credentials: keys, clock }
  const registry = watch(sagemakerRegistry({ ...connection, packaging: { image }, pollMs: false }))
  const target = watch(sagemakerTarget({ ...connection, executionRole, instanceType: 'ml.m5.large' }))
  return createControlPlane({
    clock,
    store: memoryStore({ clock }),
    audit: memoryAuditLog(),
    registries: { sagemaker: registry },
    targets: { sagemaker: target },
    connect: { sagemaker: connectSagemaker(connection) },
    routersLearnMs: 100,
  })
}

async function played(): Promise<Played> {
  const clock = createFakeClock({ startMs: Date.UTC(2026, 10, 30) })
  const nowMs = (): number => clock.now()
  const packages = modelPackages({ nowMs })
  const endpoints = simulatedEndpoints({ nowMs, createMs: 60_000, updateMs: 60_000, weightsMs: 10_000 })
  const runtime = sagemakerRuntime({
    variantsOf: (name) => endpoints.endpoint(name)?.variants.map((each) => each.name),
  })
  const parts = [packages, endpoints, tagsOf(packages, endpoints), runtime]
  const simulator = await sagemakerSimulator(parts, { nowMs })
  let open = 0
  const watch = <Part extends object>(part: Part): Part => {
    const watched = Object.entries(part).map(([name, member]) => [
      name,
      member instanceof Function && member.constructor.name === 'AsyncFunction'
        ? async (...args: unknown[]) => {
            open += 1
            try {
              return await member(...args)
            } finally {
              open -= 1
            }
          }
        : member,
    ])
    return Object.fromEntries(watched)
  }
  const plane = planeOver(clock, simulator.url, watch)
  const registry = sagemakerRegistry({
    region,
    endpoint: simulator.url,
    credentials: keys,
    clock,
    packaging: { image },
  })
  onTestFinished(async () => {
    await plane.stop()
    await registry.close()
    await simulator.close()
  })
  return {
    simulator,
    packages,
    registry,
    plane,
    runtime,
    async until(condition) {
      for (let passed = 0; passed < 1800; passed += 1) {
        if (await condition()) return
        await clock.advance(1000)
        while (open > 0) await new Promise(setImmediate)
        await clock.advance(0)
      }
      throw new Error(`it did not come true: ${JSON.stringify((await plane.get('churn'))?.status?.rollout)}`)
    },
  }
}

describe('a plane over SageMaker alone', () => {
  it('runs the approved package, asks its variant, and moves the alias of the one that serves', async () => {
    const { simulator, packages, registry, plane, runtime, until } = await played()
    const register = async (place: number): Promise<void> => {
      const files = [{ uri: `s3://models/churn-${place}.tar.gz` }]
      await registry.register?.({ name: 'churn', artifact: { kind: 'files', files }, approval: 'pending' })
      await registry.setApproval('churn', String(place), 'approved')
    }
    await register(1)
    await plane.start()
    const deployed = {
      model: 'sagemaker/churn',
      target: 'sagemaker',
      onPromoted: { setAlias: 'champion' },
    } as const
    await plane.deploy('churn', deployed, { actor })
    await plane.route('churn', { operations: ['infer'], backends: [{ deployment: 'churn' }] }, { actor })
    const serves = (version: string) => async () =>
      packages.group('churn').tags.get('modelspine.alias.champion') === version
    const asked = async (): Promise<unknown> => {
      const { revision, reply } = await plane.router.infer('churn', {
        kind: 'bytes',
        contentType: 'text/csv',
        bytes: Buffer.from('1,2'),
      })
      expect(reply).toMatchObject({ headers: { 'x-amzn-invoked-production-variant': revision } })
      expect(runtime.invocations.at(-1)?.headers['x-amzn-sagemaker-target-variant']).toBe(revision)
      return revision
    }

    await until(serves('1'))
    const first = await asked()
    const model = simulator.exchanges.find(({ operation }) => operation === 'CreateModel')?.input
    expect(JSON.stringify(model)).toContain('arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/1')

    await register(2)
    await until(serves('2'))
    expect(await asked()).not.toBe(first)
    expect(simulator.problems).toEqual([])
    expect(runtime.problems).toEqual([])
  })
})
