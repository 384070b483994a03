import { mkdir } from 'node:fs/promises'
import {
  type Clock,
  type Key,
  type Logger,
  ModelspineError,
  type Revision,
  type Secret,
  sleep,
} from 'modelspine/adapter'
import { type ProcessLock, tryLock } from '../../shared/process-lock.ts'
import { withDeploymentSettings } from '../settings/deployment-settings.ts'
import type { ProcessSettings } from '../settings/options.ts'
import {
  foldersOfKey,
  keysOnDisk,
  removeFolder,
  removeLeftovers,
  revisionFolder,
  revisionFolders,
} from '../state/folder-layout.ts'
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
  /** The keys that have a revision, or of which something else is left on disk. */
  keys(): Promise<readonly Key[]>
  /**
   * Starts a revision that does not exist here, or that was lost. False, and nothing is started, while a
   * process lives that was left there and that no supervisor knows.
   */
  launch(
    key: Key,
    revision: Revision,
    operationId: string,
    secrets: ReadonlyMap<string, Secret>,
  ): Promise<boolean>
  /** Removes what is left of a key that has no supervisor, with its processes. */
  clear(key: Key): Promise<'nothing' | 'cleared' | 'processes live'>
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

  async function clearFolder(path: string): Promise<boolean> {
    if (!(await endAll(path))) return false
    await removeFolder(path, clock.id())
    return true
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
        // No process ran there, or the record is not readable. The loop makes the declared revision anew. A
        // process that outlives this stays on disk, where the loop finds it.
        for (let tries = 0; tries < 50 && !(await clearFolder(path)); tries += 1) await sleep(clock, 20)
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
    async keys() {
      const supervised = [...byPath.values()].map((each) => each.key)
      return [...new Set([...supervised, ...(await keysOnDisk(folder))])].sort()
    },
    async launch(key, revision, operationId, secrets) {
      const path = revisionFolder(folder, key, revision.name)
      const known = byPath.get(path)
      if (known === undefined) {
        if (!(await clearFolder(path))) return false
        await writeRecord(path, { key, revision, operationId })
      }
      await (known ?? supervise(path, { key, revision, operationId })).launch(operationId, secrets)
      return true
    },
    async clear(key) {
      const left = await foldersOfKey(folder, key)
      const cleared = await Promise.all(left.map(clearFolder))
      if (cleared.includes(false)) return 'processes live'
      return left.length === 0 ? 'nothing' : 'cleared'
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
  const { host, pid, path, mine } = attempt.holder
  const who = mine ? 'this process already' : `process ${pid} on ${host}`
  const remedy = mine ? 'or close the other one' : `or, if that one is gone, remove ${path}`
  throw new ModelspineError(
    'target-unavailable',
    `${folder} is in use by ${who}: give each process target a folder of its own, ${remedy}`,
    { details: { folder, pid, host, lock: path } },
  )
}
