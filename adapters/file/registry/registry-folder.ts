import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, ModelspineError } from 'modelspine/adapter'
import { z } from 'zod'
import { waitForLock } from '../../shared/process-lock.ts'
import { writeAtomically } from '../write-atomically.ts'
import { readDataFile } from './data-file.ts'
import { readVersionFolder, type VersionFolder } from './version-folder.ts'

/**
 * The registry's tree: `<model>/<version>/model.yaml` with the artifact beside it, `<model>/aliases.json`.
 */
export interface RegistryFolder {
  models(): Promise<readonly string[]>
  /** Oldest first. Of the same time, by name, with numbers compared as numbers. Throws `model-not-found`. */
  versions(model: string): Promise<readonly VersionFolder[]>
  /** Throws `model-not-found`. */
  version(model: string, version: string): Promise<VersionFolder>
  /** All names in a model's folder, of versions and of others. A new version cannot have any of them. */
  taken(model: string): Promise<readonly string[]>
  aliases(model: string): Promise<ReadonlyMap<string, string>>
  writeAliases(model: string, aliases: ReadonlyMap<string, string>): Promise<void>
  /** Runs while no other process changes this model. */
  exclusively<T>(model: string, abortSignal: AbortSignal | undefined, run: () => Promise<T>): Promise<T>
  pathOf(model: string, version: string): string
}

/** The allowed names of models and versions, so that a folder can have the same name. */
export const folderName: RegExp = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/

const aliasFile = z.record(z.string(), z.union([z.string(), z.number()]).transform(String))
const lockTimeoutMs = 10_000

export function registryFolder(root: string, clock: Clock): RegistryFolder {
  /** For each model, the last change that is under way. */
  const turns = new Map<string, Promise<void>>()

  /** The entries of a folder of the tree. Undefined when there is no such folder. */
  async function names(folder: string): Promise<readonly string[] | undefined> {
    try {
      return (await readdir(folder)).filter((name) => folderName.test(name))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw error
    }
  }

  async function notFound(message: string, details: Record<string, unknown>): Promise<ModelspineError> {
    const isThere = await stat(root).then(
      (found) => found.isDirectory(),
      () => false,
    )
    return isThere
      ? new ModelspineError('model-not-found', message, { details })
      : new ModelspineError('registry-unavailable', `there is no folder ${root}`, { details: { path: root } })
  }

  async function foldersOf(model: string): Promise<readonly VersionFolder[]> {
    const versions = folderName.test(model) ? ((await names(join(root, model))) ?? []) : []
    const folders: VersionFolder[] = []
    for (const version of versions) {
      const folder = await readVersionFolder(join(root, model, version), model, version)
      if (folder !== undefined) folders.push(folder)
    }
    return folders.sort(
      (one, other) => one.createdAtMs - other.createdAtMs || byNumber.compare(one.version, other.version),
    )
  }

  return {
    pathOf: (model, version) => join(root, model, version),

    async models() {
      const found = await names(root)
      if (found === undefined) throw await notFound('', {})
      const models: string[] = []
      for (const name of found) if ((await foldersOf(name)).length > 0) models.push(name)
      return models.sort()
    },

    async versions(model) {
      const folders = await foldersOf(model)
      if (folders.length > 0) return folders
      throw await notFound(`there is no model "${model}" in ${root}`, { model })
    },

    async version(model, version) {
      const named = folderName.test(model) && folderName.test(version)
      const folder = named ? await readVersionFolder(join(root, model, version), model, version) : undefined
      if (folder !== undefined) return folder
      throw await notFound(`there is no version "${version}" of model "${model}" in ${root}`, {
        model,
        version,
      })
    },

    taken: async (model) => (await names(join(root, model))) ?? [],

    async aliases(model) {
      try {
        const { value } = await readDataFile(join(root, model, 'aliases.json'), aliasFile)
        return new Map(Object.entries(value))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
        throw error
      }
    },

    async writeAliases(model, aliases) {
      const sorted = [...aliases].sort(([one], [other]) => (one < other ? -1 : 1))
      const content = `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`
      await writeAtomically(join(root, model, 'aliases.json'), content, clock.id())
    },

    exclusively: (model, abortSignal, run) => inTurn(model, () => locked(model, abortSignal, run)),
  }

  async function locked<T>(
    model: string,
    abortSignal: AbortSignal | undefined,
    run: () => Promise<T>,
  ): Promise<T> {
    const folder = join(root, model)
    await mkdir(folder, { recursive: true })
    const options = { clock, timeoutMs: lockTimeoutMs, ...(abortSignal === undefined ? {} : { abortSignal }) }
    const attempt = await waitForLock(folder, 'edit', options)
    if (attempt.kind === 'held') {
      const { pid, host, path } = attempt.holder
      throw new ModelspineError(
        'registry-unavailable',
        `process ${pid} on ${host} is changing model "${model}": if that process is gone, remove ${path}`,
        { details: { model, pid, host, lock: path } },
      )
    }
    try {
      return await run()
    } finally {
      await attempt.lock.release()
    }
  }

  /** Changes of this process wait for each other here, so that they do not compete for the lock. */
  async function inTurn<T>(model: string, run: () => Promise<T>): Promise<T> {
    const before = turns.get(model)
    const result = (async () => {
      await before
      return run()
    })()
    const turn = result.then(noop, noop)
    turns.set(model, turn)
    await turn
    if (turns.get(model) === turn) turns.delete(model)
    return result
  }
}

const noop = (): void => {}

const byNumber = new Intl.Collator('en', { numeric: true })
