import { type VertexRegistry, type VertexRegistryOptions, vertexRegistry } from 'modelspine/adapters/vertex'
import { createFakeClock, type FakeClock, type Fixture, type ModelRegistrySubject } from 'modelspine/testing'
import { Failure } from '../../simulators/vertex/vertex-failure.ts'
import type { VertexAnswer } from '../../simulators/vertex/vertex-routes.ts'
import { type VertexSimulator, vertexSimulator } from '../../simulators/vertex/vertex-simulator.ts'
import { location, projectId, projectNumber } from '../../simulators/vertex/vertex-world.ts'
import { credential } from './revision.ts'
import { throttled } from './target-scene.ts'

export interface RegistryScene {
  readonly vertex: VertexSimulator
  readonly registry: VertexRegistry
  readonly clock: FakeClock
  /** A text that is not taken, once it is set. */
  token: string
  close(): Promise<void>
}

export const container = { image: 'europe-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest' }

export function wholeName(model: string): string {
  return `projects/${projectNumber}/locations/${location}/models/${model}`
}

export async function registryScene(
  more: Partial<VertexRegistryOptions> = {},
  pageSize = 100,
): Promise<RegistryScene> {
  const clock = createFakeClock({ startMs: Date.parse('2026-11-30T00:00:00Z') })
  const vertex = await vertexSimulator({ pageSize, operationMs: 0, now: () => clock.now() })
  const given = { token: 'ya29.good' }
  const credentials = { getAccessToken: async () => ({ token: given.token }) }
  const registry = vertexRegistry({
    project: projectId,
    location,
    endpoint: vertex.url,
    credentials,
    container,
    clock,
    ...more,
  })
  return Object.assign(given, {
    vertex,
    registry,
    clock,
    async close() {
      await registry.close()
      await vertex.close()
    },
  })
}

/** The kit's fixture over the simulator. */
export async function registrySubject(
  more: Partial<VertexRegistryOptions> = {},
): Promise<Fixture<ModelRegistrySubject> & { readonly scene: RegistryScene }> {
  const scene = await registryScene(more, 3)
  const { vertex, registry, clock } = scene
  const { models } = vertex.world
  const once = (failure: Failure | VertexAnswer): void => {
    vertex.before = () => {
      vertex.before = () => undefined
      return failure
    }
  }
  return {
    scene,
    subject: {
      registry,
      credential,
      pageSize: 3,
      artifact: (label) => ({ kind: 'files', files: [{ uri: `gs://kit/${label}` }] }),
      async seed({ name, versions }) {
        const seeded = versions.map(({ approval, aliases = [] }, index) => {
          const artifactUri = `gs://kit/${name}/${index}`
          const labels = approval === 'unknown' ? {} : { approval }
          const { versionId } = models.put(wholeName(name), { artifactUri, labels, versionAliases: aliases })
          return { versionId, artifactUri }
        })
        return {
          name,
          versions: seeded.map(({ versionId }) => versionId),
          artifacts: seeded.map(({ versionId, artifactUri }) =>
            more.artifact === 'files'
              ? { kind: 'files', files: [{ uri: artifactUri }] }
              : { kind: 'hosted', provider: 'vertex', model: `${wholeName(name)}@${versionId}` },
          ),
        }
      },
      disconnect: () => vertex.close(),
      faultNext: () => once(new Failure('INTERNAL', 'not now')),
      throttleNext(ms) {
        const { http: status, body: json } = throttled(ms)
        once({ status, headers: { 'retry-after': String(ms / 1000) }, json })
      },
      stall() {
        vertex.before = () => 'answered'
      },
      unauthorize() {
        scene.token = credential
      },
      interfere(model, alias, version) {
        vertex.afterwards = ({ operation }) => {
          if (operation === 'models.mergeVersionAliases') {
            models.mergeVersionAliases(`${wholeName(model)}@${version}`, { versionAliases: [alias] })
          }
          return undefined
        }
      },
      async poll() {
        // At its end a look makes the timer of the next.
        while (clock.pendingTimers === 0) await new Promise(setImmediate)
        await clock.advance(40_000)
        while (clock.pendingTimers === 0) await new Promise(setImmediate)
      },
    },
    dispose: () => scene.close(),
  }
}
