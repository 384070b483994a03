import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
  type DeploymentTarget,
  hostedTarget,
  memoryProvider,
  memoryRegistry,
  memoryStore,
} from 'modelspine'
import { fileAuditLog } from 'modelspine/adapters/file'
import { sqliteStore } from 'modelspine/adapters/sqlite'

export type StoreName = 'memory' | 'sqlite'

/** A plane for many deployments of one model, which a vendor hosts. */
export interface Fleet {
  /** The plane that runs now. */
  readonly plane: ControlPlane
  /** Declares one deployment with this version of the model. */
  change(place: number, version: number): Promise<void>
  /** Declares the deployments `d0`, `d1` and so on with this version. With `routes`, a route for each. */
  declare(count: number, version: number, routes?: boolean): Promise<void>
  /** Resolves when so many rollouts have completed since the call. */
  completed(count: number): Promise<void>
  /** Stops the plane and starts another one with these options over the same store. */
  restart(options: Partial<ControlPlaneOptions>): Promise<void>
  /** Stops the plane and removes the files of the store. */
  end(): Promise<void>
}

export interface FleetOptions extends Partial<ControlPlaneOptions> {
  readonly store?: never
  readonly stored: StoreName
  readonly target?: DeploymentTarget
}

const actor = { name: 'bench' }

/** People who declare at the same time. */
const people = 64

export function openFleet({ stored, target = hostedTarget(), store: _, ...options }: FleetOptions): Fleet {
  const folder = stored === 'sqlite' ? mkdtempSync(join(tmpdir(), 'modelspine-bench-')) : undefined
  const kept = { ...memoryStore(), close: async () => {} }
  const open = (given: Partial<ControlPlaneOptions>): ControlPlane =>
    createControlPlane({
      store: folder === undefined ? kept : sqliteStore({ path: join(folder, 'store.db') }),
      ...(folder !== undefined && { audit: fileAuditLog({ path: join(folder, 'audit') }) }),
      registries: { models: memoryRegistry({ name: 'models', versions: [1, 2].map(versionOf) }) },
      targets: { vendor: target },
      providers: { echo: memoryProvider({ chat: () => 'hi' }) },
      ...given,
    }) as ControlPlane
  let plane = open(options)
  const change = async (place: number, version: number): Promise<void> => {
    const spec = { model: `models/m:${version}`, target: 'vendor' }
    await plane.apply({ kind: 'ModelDeployment', metadata: { name: `d${place}` }, spec }, { actor })
  }
  const route = async (place: number): Promise<void> => {
    const metadata = { name: `d${place}` }
    const spec = { operations: ['chat'] as const, backends: [{ deployment: metadata.name }] }
    await plane.apply({ kind: 'ModelRoute', metadata, spec }, { actor })
  }
  return {
    get plane() {
      return plane
    },
    change,
    async declare(count, version, routes = false) {
      let next = 0
      const person = async (): Promise<void> => {
        while (next < count) {
          const place = next
          next += 1
          await change(place, version)
          if (routes) await route(place)
        }
      }
      await Promise.all(Array.from({ length: people }, person))
    },
    completed: (count) =>
      new Promise((resolve) => {
        let left = count
        const off = plane.on('rollout-completed', () => {
          left -= 1
          if (left > 0) return
          off()
          resolve()
        })
      }),
    async restart(given) {
      await plane.stop()
      plane = open({ ...options, ...given })
      await plane.start()
    },
    async end() {
      await plane.stop()
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function versionOf(version: number) {
  const artifact = { kind: 'hosted', provider: 'echo', model: `m${version}` } as const
  return { name: 'm', version: String(version), approval: 'approved', artifact } as const
}
