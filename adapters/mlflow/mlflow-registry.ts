import {
  createChangeHints,
  type ModelRegistry,
  type ModelSummary,
  type ModelVersion,
  parseReference,
  systemClock,
  throwIfAborted,
} from 'modelspine/adapter'
import { findVersion } from '../shared/registry/find-version.ts'
import { pollChanges } from '../shared/registry/poll-changes.ts'
import { unlessNotFound } from '../shared/registry/unless-not-found.ts'
import { createVendorClient } from '../shared/vendor-client.ts'
import { createChangePoller } from './changes/poll-changes.ts'
import { registerVersion } from './edits/register-version.ts'
import { setAlias } from './edits/set-alias.ts'
import { approvalTag, refuseKeptTags, setTags } from './edits/set-tags.ts'
import { type ModelRecord, modelsPage, searchModels, type VersionRecord } from './mlflow-api.ts'
import { mlflowWords } from './mlflow-errors.ts'
import { checkMlflowOptions, type MlflowRegistryOptions, type MlflowTags } from './mlflow-options.ts'
import { createFactsMemory } from './versions/facts-memory.ts'
import { pagesOf } from './versions/mlflow-pages.ts'
import { isReady } from './versions/published-version.ts'
import { tagOf } from './versions/run-facts.ts'
import { createVersionReader } from './versions/version-reader.ts'

export type MlflowRegistry = Required<Omit<ModelRegistry, 'changes'>> & Pick<ModelRegistry, 'changes'>

/** How many models come at a time, and for how many versions of a list facts are asked for at the same time. */
const pageSize = 200
const together = 8

/**
 * The model registry of an MLflow server, version 2.9 or later. Approval, owner and classification are tags. The facts
 * of a version are those of its run and of its file `MLmodel`. Throws `invalid-options`.
 */
export function mlflowRegistry(options: MlflowRegistryOptions): MlflowRegistry {
  const { webhooks, clock = systemClock } = options
  const settings = checkMlflowOptions(options)
  const client = createVendorClient(options, mlflowWords)
  const memory = createFactsMemory(settings.rememberedVersions, clock)
  const reader = createVersionReader(client, memory, settings)
  const { name: registry, tags: names, pollMs } = settings
  const hints = createChangeHints()
  const poller = createChangePoller(client, hints.notify)

  return {
    capabilities: {
      aliases: 'last-write-wins',
      approval: true,
      tags: true,
      register: true,
      changes: pollMs !== undefined || webhooks !== undefined,
    },

    async resolve(reference, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'resolving a model reference')
      const record = await findVersion(reader, parseReference(reference), abortSignal)
      return reader.publish(reference.registry, record, abortSignal)
    },

    async *models({ abortSignal } = {}) {
      throwIfAborted(abortSignal, 'listing models')
      const search = { orderBy: ['name ASC'], maxResults: pageSize }
      for await (const page of pagesOf(client, searchModels, modelsPage, search, abortSignal)) {
        for (const model of page) yield summaryOf(model, names)
      }
    },

    async *versions(model, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'listing versions')
      const aliases = aliasesOf(await reader.model(model, abortSignal))
      for await (const page of reader.search(model, {}, abortSignal)) {
        const usable = page.filter(isReady).map((record) => withAliases(record, aliases))
        for (let from = 0; from < usable.length; from += together) {
          const some = usable.slice(from, from + together)
          const published = some.map((record) => reader.publish(registry, record, abortSignal))
          for (const found of await Promise.all(published.map(unlessNotFound))) {
            if (found !== undefined) yield found
          }
        }
      }
    },

    async setAlias(model, alias, version, { abortSignal, expect } = {}) {
      throwIfAborted(abortSignal, 'setting an alias')
      await setAlias(client, reader, { model, alias, version, expect }, abortSignal)
    },

    async setApproval(model, version, approval, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'setting an approval')
      const tags = approvalTag(approval, names)
      await setTags(client, reader, { model, version, tags }, abortSignal)
    },

    async setTags(model, version, tags, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'setting tags')
      refuseKeptTags(tags, names)
      await setTags(client, reader, { model, version, tags }, abortSignal)
    },

    async register(fresh, { abortSignal } = {}): Promise<ModelVersion> {
      throwIfAborted(abortSignal, 'registering a version')
      return registerVersion({ client, reader, clock, tags: names, registry }, fresh, abortSignal)
    },

    ...((pollMs !== undefined || webhooks !== undefined) && {
      changes(abortSignal: AbortSignal): AsyncIterable<string> {
        const models = hints.listen(abortSignal)
        if (pollMs !== undefined) pollChanges(poller, { clock, pollMs }, abortSignal)
        if (webhooks !== undefined) void passOn(webhooks.listen(abortSignal), hints.notify)
        return models
      },
    }),

    close: () => client.close(),
  }
}

async function passOn(models: AsyncIterable<string>, notify: (model: string) => void): Promise<void> {
  for await (const model of models) notify(model)
}

function summaryOf({ name, tags, latest_versions }: ModelRecord, names: MlflowTags): ModelSummary {
  const newest = (latest_versions ?? []).toSorted((one, other) => Number(one.version) - Number(other.version))
  const owner = tagOf(tags, names.owner) || tagOf(newest.at(-1)?.tags, names.owner)
  const others = (tags ?? []).filter(({ key }) => key !== names.owner)
  return {
    name,
    tags: Object.fromEntries(others.map(({ key, value }) => [key, value ?? ''])),
    ...(owner && { owner }),
  }
}

/** The aliases of each version. */
function aliasesOf({ aliases }: ModelRecord): ReadonlyMap<string, readonly string[]> {
  const byVersion = new Map<string, string[]>()
  for (const { alias, version } of aliases ?? []) {
    byVersion.set(version, [...(byVersion.get(version) ?? []), alias])
  }
  return byVersion
}

/** The record as MLflow gives it for one version. In a list it leaves the aliases out. */
function withAliases(record: VersionRecord, aliases: ReadonlyMap<string, readonly string[]>): VersionRecord {
  const own = aliases.get(record.version)
  return own === undefined ? record : { ...record, aliases: own }
}
