import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AuditLog,
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
  type DeploymentTarget,
  hostedTarget,
  memoryProvider,
  memoryRegistry,
  memoryStore,
  type StateStore,
} from 'modelspine'
import { fileAuditLog } from 'modelspine/adapters/file'
import { sqliteStore } from 'modelspine/adapters/sqlite'

export type StoreName = 'memory' | 'sqlite'

/** A plane for many deployments of one model, which a vendor hosts. */
export interface Fleet {
  /** The file of the store; undefined in memory. */
  readonly file: string | undefined
  /** What the plane has written so far. */
  readonly written: Written
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

export interface Written {
  /** Writes of the store that succeeded. */
  readonly writes: number
  readonly auditRecords: number
  /** Batches of audit records. Each is synced to disk. */
  readonly appends: number
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
  const file = folder && join(folder, 'store.db')
  const written = { writes: 0, auditRecords: 0, appends: 0 }
  const open = (given: Partial<ControlPlaneOptions>): ControlPlane =>
    createControlPlane({
      store: file === undefined ? kept : countWrites(sqliteStore({ path: file }), written),
      ...(folder !== undefined && {
        audit: countAppends(fileAuditLog({ path: join(folder, 'audit') }), written),
      }),
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
    file,
    written,
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

type Counted = { -readonly [Name in keyof Written]: Written[Name] }

function countWrites(store: StateStore, written: Counted): StateStore {
  const counted =
    <Args extends unknown[], Answer>(write: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      const answer = await write.call(store, ...args)
      written.writes += 1
      return answer
    }
  return {
    ...store,
    putSpec: counted(store.putSpec),
    putStatus: counted(store.putStatus),
    delete: counted(store.delete),
    acknowledgeEvents: counted(store.acknowledgeEvents),
    acquireLease: counted(store.acquireLease),
    renewLease: counted(store.renewLease),
  }
}

function countAppends(log: AuditLog, written: Counted): AuditLog {
  return {
    ...log,
    async append(entries) {
      const records = await log.append(entries)
      written.auditRecords += records.length
      written.appends += 1
      return records
    },
  }
}
