import {
  createChangeHints,
  latestApprovedAlias,
  type ModelRegistry,
  type ModelVersion,
  systemClock,
  throwIfAborted,
} from 'modelspine/adapter'
import { findVersion } from '../../shared/registry/find-version.ts'
import { pollChanges } from '../../shared/registry/poll-changes.ts'
import { unlessNotFound } from '../../shared/registry/unless-not-found.ts'
import { createSagemakerClient } from '../sagemaker-client.ts'
import { checkTags, setApproval, setTags } from './edit-version.ts'
import { createPackagePoller } from './package-poller.ts'
import {
  type Aliases,
  compare,
  createPackageReader,
  parsePackageReference,
  versionOf,
} from './package-reader.ts'
import type { PackageRecord, PackageSummary } from './package-replies.ts'
import { isReady, publishedVersion } from './published-version.ts'
import { registerPackage } from './register-package.ts'
import { notFound, registryCodes } from './registry-errors.ts'
import { checkRegistryOptions, type SagemakerRegistryOptions } from './registry-options.ts'
import { setAlias } from './set-alias.ts'

export type SagemakerRegistry = ModelRegistry &
  Required<Pick<ModelRegistry, 'setApproval' | 'setTags' | 'close'>>

/** For how many versions of a list their facts are asked for at the same time. */
const together = 8

/**
 * The model registry of SageMaker: model package groups and their versions. Aliases are tags of the group. Connects,
 * loads and reads nothing before the first call but the region's variable. Throws `invalid-options`.
 */
export function sagemakerRegistry(options: SagemakerRegistryOptions = {}): SagemakerRegistry {
  const { clock = systemClock } = options
  const settings = checkRegistryOptions(options)
  const client = createSagemakerClient(options, registryCodes, clock)
  const { aliasTags, packaging, pollMs } = settings
  const reader = createPackageReader(client, aliasTags)
  const hints = createChangeHints()
  const poller = createPackagePoller(client, hints.notify)

  const publish = (
    registry: string,
    name: string,
    record: PackageRecord,
    aliases: readonly string[],
  ): ModelVersion =>
    publishedVersion(record, { registry, name, version: versionOf(record), aliases }, settings)

  async function aliased(
    model: string,
    alias: string,
    abortSignal: AbortSignal | undefined,
  ): Promise<PackageRecord> {
    const version = (await reader.aliases(model, abortSignal)).get(alias)
    if (version !== undefined) return reader.version(model, version, abortSignal)
    await reader.group(model, abortSignal)
    throw notFound(`model "${model}" has no alias "${alias}"`, { model, alias })
  }

  return {
    capabilities: {
      aliases: aliasTags === undefined ? 'none' : 'last-write-wins',
      approval: true,
      tags: true,
      register: packaging !== undefined,
      changes: pollMs !== undefined,
    },

    async resolve(reference, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'resolving a model reference')
      const wanted = parsePackageReference(reference)
      const { registry, name } = wanted
      const record = await findVersion({ ...reader, alias: aliased }, wanted, abortSignal)
      const hasAlias = 'alias' in wanted && wanted.alias !== latestApprovedAlias
      return publish(registry, name, record, hasAlias ? [wanted.alias] : [])
    },

    async *models({ abortSignal } = {}) {
      throwIfAborted(abortSignal, 'listing models')
      for await (const page of reader.groups(abortSignal)) {
        for (const { ModelPackageGroupName: name } of page) yield { name, tags: {} }
      }
    },

    async *versions(model, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'listing versions')
      await reader.group(model, abortSignal)
      const aliases = byVersion(await reader.aliases(model, abortSignal))
      const usable: PackageSummary[] = []
      for await (const page of reader.versions({ group: model }, abortSignal))
        usable.push(...page.filter(isReady))
      usable.sort(compare)
      for (let from = 0; from < usable.length; from += together) {
        const some = usable.slice(from, from + together).map(versionOf)
        const records = some.map((version) => unlessNotFound(reader.version(model, version, abortSignal)))
        for (const [place, record] of (await Promise.all(records)).entries()) {
          const own = aliases.get(some[place] ?? '') ?? []
          if (record !== undefined) yield publish(settings.name, model, record, own)
        }
      }
    },

    async setApproval(model, version, approval, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'setting an approval')
      await setApproval(client, reader, { model, version, approval }, abortSignal)
      hints.notify(model)
    },

    async setTags(model, version, tags, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'setting tags')
      checkTags(tags, settings.metadata)
      await setTags(client, reader, { model, version, tags }, abortSignal)
      hints.notify(model)
    },

    ...(aliasTags !== undefined &&
      ({
        async setAlias(model, alias, version, { abortSignal, expect } = {}) {
          throwIfAborted(abortSignal, 'setting an alias')
          await setAlias(client, reader, aliasTags, { model, alias, version, expect }, abortSignal)
          hints.notify(model)
        },
      } satisfies Pick<ModelRegistry, 'setAlias'>)),

    ...(packaging !== undefined &&
      ({
        async register(fresh, { abortSignal } = {}) {
          throwIfAborted(abortSignal, 'registering a version')
          const { version, record } = await registerPackage(
            { client, reader, clock, settings },
            fresh,
            abortSignal,
          )
          hints.notify(fresh.name)
          return publishedVersion(
            record,
            { registry: settings.name, name: fresh.name, version, aliases: [] },
            settings,
          )
        },
      } satisfies Pick<ModelRegistry, 'register'>)),

    ...(pollMs !== undefined &&
      ({
        changes(abortSignal) {
          const models = hints.listen(abortSignal)
          pollChanges(poller, { clock, pollMs }, abortSignal)
          return models
        },
      } satisfies Pick<ModelRegistry, 'changes'>)),

    close: () => client.close(),
  }
}

function byVersion(aliases: Aliases): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const [alias, version] of aliases) found.set(version, [...(found.get(version) ?? []), alias])
  return found
}
