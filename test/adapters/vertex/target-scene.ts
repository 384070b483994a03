import { type Key, type Secret, secretOf } from 'modelspine/adapter'
import { type VertexTarget, type VertexTargetOptions, vertexTarget } from 'modelspine/adapters/vertex'
import type { Fixture, TargetSubject, VendorRevision } from 'modelspine/testing'
import { endpointIdOf } from '../../../adapters/vertex/target/target-names.ts'
import { Failure, type Json } from '../../simulators/vertex/vertex-failure.ts'
import {
  type SimulatorOptions,
  type VertexCall,
  type VertexSimulator,
  vertexSimulator,
} from '../../simulators/vertex/vertex-simulator.ts'
import { location, projectId, projectNumber } from '../../simulators/vertex/vertex-world.ts'
import { credential, modelName, revision } from './revision.ts'

export interface TargetScene {
  readonly vertex: VertexSimulator
  readonly target: VertexTarget
  readonly options: VertexTargetOptions
  close(): Promise<void>
}

export async function targetScene(
  more: Partial<VertexTargetOptions> = {},
  simulator: SimulatorOptions = {},
  token: () => Secret = () => secretOf('ya29.good'),
): Promise<TargetScene> {
  const vertex = await vertexSimulator(simulator)
  for (let version = 1; version <= 5; version += 1) vertex.world.models.put(modelName)
  const options: VertexTargetOptions = {
    project: projectId,
    location,
    endpoint: vertex.url,
    credentials: { token },
    ...more,
  }
  const target = vertexTarget(options)
  return {
    vertex,
    target,
    options,
    async close() {
      await target.close()
      await vertex.close()
    },
  }
}

export function isMutation({ method }: VertexCall): boolean {
  return method !== 'GET'
}

/** The kit's fixture over the simulator. */
export async function targetSubject(): Promise<Fixture<TargetSubject> & { readonly scene: TargetScene }> {
  let token = 'ya29.good'
  const scene = await targetScene({}, {}, () => secretOf(token))
  const { vertex, target, options, close } = scene
  const { world } = vertex
  const targets = [target]
  const once = (vice: (call: VertexCall) => Failure): void => {
    vertex.before = (call) => {
      if (!isMutation(call)) return undefined
      vertex.before = () => undefined
      return vice(call)
    }
  }
  return {
    scene,
    subject: {
      target,
      credential,
      revisions: [revision(1), revision(2), revision(3)],
      unfit: revision(9),
      async settle() {
        world.advance(Number.POSITIVE_INFINITY)
      },
      created: () => world.journal.filter(({ did }) => did === 'deployed').length,
      mutations: () => world.journal.filter(({ did }) => did !== 'deployed').length,
      reopen() {
        const again = vertexTarget(options)
        targets.push(again)
        return again
      },
      loseNextAnswer() {
        vertex.afterwards = (call, response) => {
          if (!isMutation(call)) return undefined
          vertex.afterwards = () => undefined
          response.socket?.destroy()
          return 'answered'
        }
      },
      failNextOperation: (text) => world.operations.failNext(new Failure('INTERNAL', text)),
      faultNext: (text) => once(() => new Failure('INTERNAL', text)),
      throttleNext: (ms) => once(() => throttled(ms)),
      endWithNextRead() {
        vertex.afterwards = (call) => {
          if (isMutation(call)) return undefined
          vertex.afterwards = () => undefined
          world.advance(Number.POSITIVE_INFINITY)
          return undefined
        }
      },
      advance() {},
      disconnect: () => vertex.close(),
      unauthorize() {
        token = credential
      },
      truth: (key) => truthOf(vertex, key),
    },
    async dispose() {
      for (const each of targets) await each.close()
      await close()
    },
  }
}

/** A quota of calls in a minute. */
export function throttled(ms: number): Failure {
  return new Failure('RESOURCE_EXHAUSTED', 'Quota exceeded for quota metric X and limit X per minute.', [
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'RATE_LIMIT_EXCEEDED' },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${ms / 1000}s` },
  ])
}

export function endpointOf(key: Key): string {
  return `projects/${projectNumber}/locations/${location}/endpoints/${endpointIdOf(key)}`
}

function truthOf({ world }: VertexSimulator, key: Key): readonly VendorRevision[] {
  const endpoint = world.endpoints.all.find(({ name }) => name === endpointOf(key))
  return (endpoint?.deployedModels ?? []).map((model) => {
    const { machineSpec, minReplicaCount, maxReplicaCount } = model.dedicatedResources as Json
    return {
      revision: String(model.displayName),
      ready: true,
      settings: { machineType: (machineSpec as Json).machineType },
      scale: { min: Number(minReplicaCount), max: Number(maxReplicaCount) },
      weight: endpoint?.trafficSplit[model.id] ?? 0,
    }
  })
}
