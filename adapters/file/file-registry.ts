import { resolve as resolvePath } from 'node:path'
import {
  asModelspineError,
  type Clock,
  createChangeHints,
  latestApproved,
  latestApprovedAlias,
  type ModelRegistry,
  ModelspineError,
  type ModelVersion,
  parseReference,
  refuseComputedAlias,
  systemClock,
  throwIfAborted,
} from 'modelspine/adapter'
import { artifactDigests } from './registry/artifact-digests.ts'
import { registerVersion } from './registry/register-version.ts'
import { folderName, registryFolder } from './registry/registry-folder.ts'
import { readArtifact, type VersionFolder } from './registry/version-folder.ts'
import { watchFolder } from './registry/watch-folder.ts'

export interface FileRegistryOptions {
  /** The folder of the registry. `register` makes it. */
  readonly path: string
  /** This registry's name in the plane's `registries`. Default `file`. */
  readonly name?: string
  /**
   * How `changes` notices changes. `events`: by the system's events, or by polling if there are none.
   * `poll`: always polls.
   */
  readonly watch?: 'events' | 'poll'
  /** The time between two polls, in milliseconds. Default 2000. */
  readonly pollMs?: number
  readonly clock?: Clock
}

/**
 * A registry in a folder of files: `<model>/<version>/model.yaml` with the artifact beside it and
 * `<model>/aliases.json`. Any number of processes may use it at once.
 */
export function fileRegistry(options: FileRegistryOptions): Required<Omit<ModelRegistry, 'close'>> {
  const { path, name: registryName = 'file', watch = 'events', pollMs = 2000, clock = systemClock } = options
  if (typeof path !== 'string' || path === '') {
    throw new ModelspineError('invalid-options', `path is "${path}": give the path of a folder`)
  }
  if (watch !== 'events' && watch !== 'poll') {
    throw new ModelspineError('invalid-options', `watch is "${watch}": give "events" or "poll"`)
  }
  if (!(pollMs > 0))
    throw new ModelspineError('invalid-options', `pollMs is ${pollMs}: give a number of milliseconds above 0`)
  const root = resolvePath(path)
  const tree = registryFolder(root, clock)
  const digests = artifactDigests()

  async function published(
    folder: VersionFolder,
    registry: string,
    abortSignal?: AbortSignal,
  ): Promise<ModelVersion> {
    const { createdAt: _, files: __, hosted: ___, tags = {}, ...facts } = folder.facts.value
    const pointing = [...(await tree.aliases(folder.model))].filter(
      ([, version]) => version === folder.version,
    )
    return withoutUndefined({
      ...facts,
      registry,
      name: folder.model,
      version: folder.version,
      artifact: await readArtifact(folder, digests, abortSignal),
      approval: folder.approval,
      aliases: pointing.map(([alias]) => alias).sort(),
      tags,
      createdAtMs: folder.createdAtMs,
      raw: folder.facts.raw,
    })
  }

  async function find(model: string, alias: string): Promise<VersionFolder> {
    if (alias === latestApprovedAlias) return latestApproved(model, await tree.versions(model))
    const version = folderName.test(model) ? (await tree.aliases(model)).get(alias) : undefined
    if (version !== undefined) return tree.version(model, version)
    await tree.versions(model)
    throw new ModelspineError('model-not-found', `model "${model}" has no alias "${alias}"`, {
      details: { model, alias },
    })
  }

  /** Runs one call. The call ends when aborted, and errors of the file system become ModelspineErrors. */
  async function call<T>(
    what: string,
    abortSignal: AbortSignal | undefined,
    run: () => Promise<T>,
  ): Promise<T> {
    throwIfAborted(abortSignal, what)
    try {
      return await run()
    } catch (error) {
      throwIfAborted(abortSignal, what)
      throw asModelspineError(error, 'registry-unavailable', `${what} in ${root}`)
    }
  }

  return {
    capabilities: { aliases: 'compare-and-set', approval: true, tags: true, register: true, changes: true },

    resolve: (reference, { abortSignal } = {}) =>
      call('resolving a model reference', abortSignal, async () => {
        const named = parseReference(reference)
        const folder =
          'version' in named
            ? await tree.version(named.name, named.version)
            : await find(named.name, named.alias)
        return published(folder, named.registry, abortSignal)
      }),

    async *models({ abortSignal } = {}) {
      for (const name of await call('listing models', abortSignal, () => tree.models())) {
        const versions = await call('listing models', abortSignal, () => tree.versions(name))
        const newest = versions.at(-1)?.facts.value
        yield withoutUndefined({ name, tags: newest?.tags ?? {}, owner: newest?.owner })
      }
    },

    async *versions(model, { abortSignal } = {}) {
      for (const folder of await call('listing versions', abortSignal, () => tree.versions(model))) {
        yield await call('listing versions', abortSignal, () => published(folder, registryName, abortSignal))
      }
    },

    setAlias: (model, alias, version, { abortSignal, expect } = {}) =>
      call('setting an alias', abortSignal, async () => {
        refuseComputedAlias(alias)
        parseReference({ registry: registryName, text: `${model}@${alias}` })
        await tree.versions(model)
        if (version !== null) await tree.version(model, version)
        await tree.exclusively(model, abortSignal, async () => {
          const aliases = new Map(await tree.aliases(model))
          const current = aliases.get(alias) ?? null
          if (expect !== undefined && expect !== current) {
            throw new ModelspineError(
              'conflict',
              `alias "${alias}" of model "${model}" points to ${current ?? 'nothing'}, not to ${expect ?? 'nothing'}`,
              { details: { model, alias, current, expected: expect } },
            )
          }
          if (version === current) return
          if (version === null) aliases.delete(alias)
          else aliases.set(alias, version)
          await tree.writeAliases(model, aliases)
        })
      }),

    setApproval: (model, version, approval, { abortSignal } = {}) =>
      call('setting an approval', abortSignal, async () => {
        await tree.version(model, version)
        await tree.exclusively(model, abortSignal, async () => {
          const { facts } = await tree.version(model, version)
          if (facts.value.approval !== approval) await facts.edit([[['approval'], approval]], clock.id())
        })
      }),

    setTags: (model, version, tags, { abortSignal } = {}) =>
      call('setting tags', abortSignal, async () => {
        await tree.version(model, version)
        await tree.exclusively(model, abortSignal, async () => {
          const { facts } = await tree.version(model, version)
          const changes = Object.entries(tags).filter(
            ([tag, value]) => (facts.value.tags?.[tag] ?? null) !== value,
          )
          if (changes.length === 0) return
          await facts.edit(
            changes.map(([tag, value]) => [['tags', tag], value ?? undefined] as const),
            clock.id(),
          )
        })
      }),

    register: (version, { abortSignal } = {}) =>
      call('registering a version', abortSignal, async () =>
        published(await registerVersion(tree, version, digests, clock), registryName, abortSignal),
      ),

    changes(abortSignal) {
      const hints = createChangeHints()
      const models = hints.listen(abortSignal)
      watchFolder(root, abortSignal, { clock, pollMs, events: watch === 'events', changed: hints.notify })
      return models
    },
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/**
 * Leaves out members that are undefined, because optional members of our types are absent and never
 * undefined.
 */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>
}
