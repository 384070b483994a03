import {
  type ApplyOptions,
  type ApplyResult,
  type Key,
  type Revision,
  secretOf,
  type TargetWant,
} from 'modelspine/adapter'
import {
  type SagemakerTarget,
  type SagemakerTargetOptions,
  sagemakerTarget,
} from 'modelspine/adapters/sagemaker'
import { createFakeClock, type FakeClock, type Fixture, type TargetSubject } from 'modelspine/testing'
import { expect, onTestFinished } from 'vitest'
import { namesOf } from '../../../../adapters/sagemaker/target/target-names.ts'
import {
  type EndpointVices,
  type SimulatedEndpoints,
  simulatedEndpoints,
} from '../../../simulators/sagemaker/endpoints.ts'
import {
  credentials,
  type Json,
  type SagemakerSimulator,
  sagemakerSimulator,
} from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { type AwsReply, jsonError, region } from '../../shared/aws/small-aws.ts'

export const key: Key = 'default/churn'
export const endpoint = 'modelspine-churn'
export const role = 'arn:aws:iam::123456789012:role/sagemaker'
export const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:1'

export function revision(version: number, more: Partial<Revision> = {}): Revision {
  return {
    name: `a${version}b2c3d4e5`,
    model: {
      registry: 'memory',
      name: 'churn',
      version: String(version),
      artifact: { kind: 'files', files: [{ uri: `s3://models/churn-${version}.tar.gz` }] },
    },
    runtime: { env: { THREADS: '4' }, secrets: {}, resources: {} },
    settings: { instanceType: 'ml.m5.xlarge', image, executionRole: role, volumeSizeInGB: 30 },
    ...more,
  }
}

export interface Scene {
  readonly world: SimulatedEndpoints
  readonly api: SagemakerSimulator
  readonly target: SagemakerTarget
  readonly clock: FakeClock
  open(other?: Partial<SagemakerTargetOptions>): SagemakerTarget
  close(): Promise<void>
}

export async function startScene(
  vices: EndpointVices = {},
  more: Partial<SagemakerTargetOptions> = {},
): Promise<Scene> {
  const clock = createFakeClock({ startMs: Date.UTC(2026, 10, 30) })
  const nowMs = (): number => clock.now()
  const world = simulatedEndpoints({ nowMs, ...vices })
  const api = await sagemakerSimulator([world], { nowMs })
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const targets: SagemakerTarget[] = []
  const open = (other: Partial<SagemakerTargetOptions> = {}): SagemakerTarget => {
    const keys = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
    const made = sagemakerTarget({ region, endpoint: api.url, credentials: keys, clock, ...more, ...other })
    targets.push(made)
    return made
  }
  return {
    world,
    api,
    target: open(),
    clock,
    open,
    async close() {
      for (const each of targets) await each.close()
      await api.close()
    },
  }
}

/** A target over the simulator. Both end with the test, which then has done nothing that AWS would not know. */
export async function scene(
  vices: EndpointVices = {},
  more: Partial<SagemakerTargetOptions> = {},
): Promise<Scene> {
  const made = await startScene(vices, more)
  onTestFinished(async () => {
    await made.close()
    expect(made.api.problems).toEqual([])
    expect(made.world.misuse).toEqual([])
    expect(made.world.unguarded).toEqual([])
  })
  return made
}

let operations = 0

export function callOptions(more: Partial<ApplyOptions> = {}): ApplyOptions {
  operations += 1
  return {
    operationId: `operation-${operations}`,
    fence: 1,
    secret: async (reference) => expect.unreachable(`${reference} was asked for`),
    ...more,
  }
}

/** The weights in order. Without any, the first revision has all traffic. */
export function wantOf(
  revisions: readonly Revision[],
  weights: readonly number[] = [100],
  more: Partial<TargetWant> = {},
): TargetWant {
  const split = revisions.map(({ name }, place) => ({ revision: name, weight: weights[place] ?? 0 }))
  return { revisions, split, scale: { min: 1, max: 1 }, ...more }
}

/** Applies until nothing is left to do, while SageMaker does its part after each call. Gives the answers and handles. */
export async function converge(
  { target, world }: Pick<Scene, 'target' | 'world'>,
  want: TargetWant,
  more: Partial<ApplyOptions> = {},
): Promise<{ readonly kinds: readonly ApplyResult['kind'][]; readonly handles: readonly string[] }> {
  const kinds: ApplyResult['kind'][] = []
  const handles: string[] = []
  for (let call = 0; call < 30; call += 1) {
    const result = await target.apply(key, want, callOptions(more))
    kinds.push(result.kind)
    if (result.kind === 'accepted' && result.handle !== undefined) handles.push(result.handle)
    if (result.kind === 'refused' || result.kind === 'failed') {
      throw new Error(`${result.reason}: ${result.message}`)
    }
    if (result.kind === 'unchanged') return { kinds, handles }
    world.settle()
  }
  throw new Error(`apply is not unchanged after 30 calls: ${kinds}`)
}

export const isRead = (operation: string): boolean => /^(Describe|List)/.test(operation)

/** Answers the next call of which this is true in another way. */
export function onceFor(
  api: SagemakerSimulator,
  matches: (operation: string) => boolean,
  answer: AwsReply | Json,
): void {
  const before = api.intercept
  api.intercept = (operation, input) => {
    if (!matches(operation)) return before?.(operation, input)
    api.intercept = before
    return answer
  }
}

/** The kit's fixture over the simulator. */
export async function targetSubject(
  vices: EndpointVices = {},
  more: Partial<SagemakerTargetOptions> = {},
): Promise<Fixture<TargetSubject>> {
  let accessKeyId = credentials.accessKeyId
  const { secretAccessKey, sessionToken } = credentials
  const credential = 'AKIAKIT5F0D'
  const made = await startScene(vices, {
    ...more,
    credentials: {
      accessKeyId: () => secretOf(accessKeyId),
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
    },
  })
  const { world, api, clock } = made
  const mutates = (operation: string): boolean => !isRead(operation)
  return {
    subject: {
      target: made.target,
      credential,
      revisions: [revision(1), revision(2), revision(3)],
      async settle() {
        await clock.advance(1000)
        world.settle()
        await clock.advance(vices.lagMs ?? 0)
      },
      created: () => world.journal.filter(({ operation }) => operation === 'CreateModel').length,
      mutations: () => world.journal.length,
      reopen: () => made.open(),
      busyNext() {
        const name = namesOf('kit/first', { prefix: 'modelspine', adopt: new Map() }).endpoint
        world.put(name, { status: 'Deleting', config: 'gone', change: { kind: 'delete', ...nothing } })
        world.tag('endpoint', name, { 'modelspine:key': 'kit/first' })
      },
      loseNextAnswer() {
        api.afterwards = (operation) => {
          if (isRead(operation)) return false
          api.afterwards = undefined
          return true
        }
      },
      failNextOperation: (text) => world.failNext(text),
      faultNext: (text) => onceFor(api, mutates, jsonError(500, 'InternalFailure', text)),
      throttleNext: (ms) =>
        onceFor(
          api,
          mutates,
          jsonError(400, 'ThrottlingException', 'Rate exceeded', { 'retry-after': String(ms / 1000) }),
        ),
      endWithNextRead() {
        const before = api.afterwards
        api.afterwards = (operation) => {
          if (!isRead(operation)) return before?.(operation) ?? false
          api.afterwards = before
          world.settle()
          return false
        }
      },
      advance: (ms) => clock.advance(ms),
      disconnect: () => api.close(),
      unauthorize() {
        accessKeyId = credential
      },
      truth: (at) => truthOf(world, at),
    },
    async dispose() {
      await made.close()
      expect(api.problems).toEqual([])
      expect(world.misuse).toEqual([])
    },
  }
}

const nothing = { config: 'gone', variants: [], endsAtMs: Number.POSITIVE_INFINITY }

/** Each revision by the config that has its model: that of the endpoint, or one that waits for a guarded shift. */
function truthOf(world: SimulatedEndpoints, at: Key) {
  const names = namesOf(at, { prefix: 'modelspine', adopt: new Map() })
  const found = world.endpoint(names.endpoint)
  const running = found && world.config(found.config)
  if (found === undefined || running === undefined) return []
  const sum = found.variants.reduce((total, { currentWeight }) => total + currentWeight, 0)
  const serves = found.status !== 'Creating' && found.status !== 'Failed'
  return world.models().flatMap((name) => {
    const revision = names.revisionOf(name)
    const variantIn = (config: Json | undefined) =>
      (config?.ProductionVariants as readonly Json[] | undefined)?.find(({ ModelName }) => ModelName === name)
    const isRunning = variantIn(running) !== undefined
    const variant =
      variantIn(running) ??
      world
        .configs()
        .map((each) => variantIn(world.config(each)))
        .find(Boolean)
    if (revision === undefined || variant === undefined) return []
    const live = isRunning ? found.variants.find((each) => each.name === variant.VariantName) : undefined
    const model = world.model(name) as Json
    const container = model.PrimaryContainer as Json
    const { MODELSPINE_REVISION: _, ...env } = container.Environment as Readonly<Record<string, string>>
    const count = live?.desiredCount ?? Number(variant.InitialInstanceCount)
    return {
      revision,
      ready: serves && (!isRunning || (live?.currentCount ?? 0) > 0),
      files: [String(container.ModelDataUrl)],
      env,
      settings: {
        instanceType: variant.InstanceType,
        image: container.Image,
        executionRole: model.ExecutionRoleArn,
        volumeSizeInGB: variant.VolumeSizeInGB,
      },
      scale: { min: count, max: count },
      weight: sum === 0 ? 0 : ((live?.currentWeight ?? 0) / sum) * 100,
    }
  })
}
