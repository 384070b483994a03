import {
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
  type ModelRegistry,
  memoryProvider,
  memoryRegistry,
  memoryTarget,
} from 'modelspine'
import type { ModelDeploymentSpecInput } from 'modelspine/resources'
import { type CutProxy, cutProxy } from '../support/cut-proxy.ts'
import { type CountingDispatcher, countingDispatcher } from './counting-dispatcher.ts'

export const versions = ['1', '2'] as const
export type Version = (typeof versions)[number]

/** How a vendor is reached, and what is known of that. */
export interface Way {
  readonly baseUrl: string
  readonly dispatcher: CountingDispatcher['dispatcher']
}

/** What one vendor gives to the plane of its scene. */
export interface VendorPart {
  readonly options: ControlPlaneOptions
  /** Of the deployments that need the vendor. */
  spec(name: string, version: Version): ModelDeploymentSpecInput
  /** Of the deployment that does not. */
  free?(version: Version): ModelDeploymentSpecInput
  /** The phase of the rollout in whose middle the vendor goes away. */
  readonly cutIn: 'pausing' | 'analyzing'
  close?(): Promise<void>
}

export interface Scene {
  readonly plane: ControlPlane
  readonly proxy: CutProxy
  readonly counted: CountingDispatcher
  /** The deployments that need the vendor. */
  readonly needs: readonly string[]
  declare(name: string, version: Version): Promise<void>
  close(): Promise<void>
}

export const freeName = 'free'
const actor = { name: 'cut-offs' }

/** Steps that have a rise in the middle of the time without the vendor. */
export const stepped: NonNullable<ModelDeploymentSpecInput['strategy']> = {
  canary: { steps: [{ weight: 25 }, { pause: '5s' }, { weight: 50 }, { pause: '5s' }] },
}

/** A registry without a vendor. */
export function localModels(name: string): ModelRegistry {
  return memoryRegistry({
    name,
    versions: versions.map((version) => ({
      name: 'digits',
      version,
      approval: 'approved',
      artifact: { kind: 'files', files: [{ uri: `file:///models/${version}` }] },
    })),
  })
}

/** A plane that reaches one vendor through a proxy which can be cut, with two deployments that need this vendor. */
export async function createScene(
  url: string,
  part: (way: Way) => Promise<VendorPart> | VendorPart,
  connect: Parameters<typeof countingDispatcher>[0] = {},
): Promise<Scene> {
  const proxy = await cutProxy(url)
  const counted = countingDispatcher(connect)
  const { options, spec, free, close } = await part({ baseUrl: proxy.url, dispatcher: counted.dispatcher })
  const plane = createControlPlane({
    ...options,
    registries: { local: localModels('local'), ...options.registries },
    targets: { local: memoryTarget({ readyAfterMs: 100 }), ...options.targets },
    connect: {
      memory: () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }),
      ...options.connect,
    },
  })
  await plane.start()
  const plain = (version: Version): ModelDeploymentSpecInput => ({
    model: `local/digits:${version}`,
    target: 'local',
    strategy: stepped,
  })
  return {
    plane,
    proxy,
    counted,
    needs: ['needs-1', 'needs-2'],
    async declare(name, version) {
      await plane.apply(
        {
          kind: 'ModelDeployment',
          metadata: { name },
          spec: name === freeName ? (free ?? plain)(version) : spec(name, version),
        },
        { actor },
      )
    },
    async close() {
      await plane.stop({ drainMs: 1000 })
      await close?.()
      await counted.close()
      await proxy.close()
    },
  }
}
