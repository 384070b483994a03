import { mkdir } from 'node:fs/promises'
import {
  type Clock,
  type Key,
  type Logger,
  ModelspineError,
  type Revision,
  type Secret,
} from 'modelspine/adapter'
import { thisHost } from '../../shared/process-identity.ts'
import { type ProcessLock, tryLock } from '../../shared/process-lock.ts'
import { withDeploymentSettings } from '../settings/deployment-settings.ts'
import type { ProcessSettings } from '../settings/options.ts'
import { removeFolder, removeLeftovers, revisionFolder, revisionFolders } from '../state/folder-layout.ts'
import type { Journal } from '../state/journal.ts'
import { readRecord, writeRecord } from '../state/revision-files.ts'
import { endAll } from './run-history.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'

export interface SupervisionOptions {
  readonly settings: ProcessSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly journal: Journal
  readonly onChange: (key: Key) => void
}

/** Every revision in the folder, each with its supervisor. */
export interface FolderSupervision {
  readonly all: readonly Supervisor[]
  of(key: Key): readonly Supervisor[]
  /** Starts a revision that does not exist here, or that was lost. */
  launch(
    key: Key,
    revision: Revision,
    operationId: string,
    secrets: ReadonlyMap<string, Secret>,
  ): Promise<void>
  /** Lets go of the folder. The processes go on running. */
  close(): Promise<void>
}

/**
 * Locks the folder and takes over every revision in it. Throws `target-unavailable` when another living
 * process has the folder.
 */
export async function superviseFolder(options: SupervisionOptions): Promise<FolderSupervision> {
  const { settings, clock, logger, journal, onChange } = options
  const { folder } = settings
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { release } = await lockFolder(folder, clock)
  const byPath = new Map<string, Supervisor>()

  function supervise(
    path: string,
    record: { key: Key; revision: Revision; operationId: string },
  ): Supervisor {
    const supervisor = createSupervisor({
      path,
      record,
      settings: withDeploymentSettings(settings, record.revision.settings),
      clock,
      logger,
      journal,
      takenPorts: () => new Set([...byPath.values()].flatMap(({ port }) => port ?? [])),
      onChange() {
        if (supervisor.kind === 'gone' && byPath.get(path) === supervisor) byPath.delete(path)
        onChange(record.key)
      },
    })
    byPath.set(path, supervisor)
    return supervisor
  }

  try {
    await removeLeftovers(folder)
    const found = await revisionFolders(folder)
    const takenOver = await Promise.allSettled(
      found.map(async ({ path, key, revision }) => {
        const record = await readRecord(path)
        if (record?.key === key && record.revision.name === revision) {
          return await supervise(path, record).adopt()
        }
        // No process ran there, or the record is not readable. The loop makes the declared revision anew.
        await endAll(path)
        await removeFolder(path, clock.id())
      }),
    )
    for (const each of takenOver) if (each.status === 'rejected') throw each.reason
    for (const [path, { kind }] of byPath) if (kind === 'gone') byPath.delete(path)
  } catch (error) {
    for (const each of byPath.values()) await each.close()
    await release()
    throw error
  }

  return {
    get all() {
      return [...byPath.values()]
    },
    of: (key) => [...byPath.values()].filter((each) => each.key === key),
    async launch(key, revision, operationId, secrets) {
      const path = revisionFolder(folder, key, revision.name)
      const known = byPath.get(path)
      if (known === undefined) await writeRecord(path, { key, revision, operationId })
      await (known ?? supervise(path, { key, revision, operationId })).launch(operationId, secrets)
    },
    async close() {
      await Promise.all([...byPath.values()].map((each) => each.close()))
      await release()
    },
  }
}

/** One target for each folder, because two targets would end each other's processes. */
async function lockFolder(folder: string, clock: Clock): Promise<ProcessLock> {
  const attempt = await tryLock(folder, 'target', clock.id())
  if (attempt.kind === 'acquired') return attempt.lock
  const { host, pid, path } = attempt.holder
  const here = host === thisHost() && pid === process.pid
  const who = here ? 'this process already' : `process ${pid} on ${host}`
  const remedy = here ? 'or close the other one' : `or, if that one is gone, remove ${path}`
  throw new ModelspineError(
    'target-unavailable',
    `${folder} is in use by ${who}: give each process target a folder of its own, ${remedy}`,
    { details: { folder, pid, host, lock: path } },
  )
}
