import { type ModelReference, ModelspineError, type NamedReference, parseReference } from 'modelspine/adapter'
import { unlessNotFound } from '../../shared/registry/unless-not-found.ts'
import type { SagemakerClient } from '../sagemaker-client.ts'
import { packageAddress, packageArnIn } from './artifact.ts'
import { pagesOf } from './package-pages.ts'
import {
  type GroupRecord,
  groupReply,
  groupsPage,
  type PackageRecord,
  type PackageSummary,
  packageReply,
  packagesPage,
  tagsPage,
} from './package-replies.ts'
import {
  describeGroup,
  describePackage,
  listGroups,
  listPackages,
  listTags,
  type PackageFilter,
} from './package-requests.ts'
import { createdAtMs, isReady } from './published-version.ts'
import { notFound } from './registry-errors.ts'

type Signal = AbortSignal | undefined

/** Aliases with their versions. */
export type Aliases = ReadonlyMap<string, string>

/** Reads of the registry. Each throws the codes of the contract. */
export interface PackageReader {
  /** The ARN of a group that exists. Remembered, because it never changes. */
  groupArn(model: string, abortSignal: Signal): Promise<string>
  /** Asks whether the group exists. */
  group(model: string, abortSignal: Signal): Promise<GroupRecord>
  groups(abortSignal: Signal): AsyncIterable<readonly GroupRecord[]>
  /** Throws `model-not-found` for a version that cannot be used. */
  version(model: string, version: string, abortSignal: Signal): Promise<PackageRecord>
  /** The same, with those that cannot be used. */
  anyVersion(model: string, version: string, abortSignal: Signal): Promise<PackageRecord>
  versions(filter: PackageFilter, abortSignal: Signal): AsyncIterable<readonly PackageSummary[]>
  latestApproved(model: string, abortSignal: Signal): Promise<PackageRecord>
  aliases(model: string, abortSignal: Signal): Promise<Aliases>
}

/** How many groups have their ARN remembered. */
const rememberedGroups = 1000

const groupName =
  /^(arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package-group\/)?[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/

export function createPackageReader(client: SagemakerClient, aliasTags: string | undefined): PackageReader {
  const arns = new Map<string, string>()

  const reader: PackageReader = {
    async groupArn(model, abortSignal) {
      if (model.startsWith('arn:')) return model
      return arns.get(model) ?? (await reader.group(model, abortSignal)).ModelPackageGroupArn
    },

    async group(model, abortSignal) {
      const { operation, input } = describeGroup(checkedName(model))
      const group = await client.read(groupReply, operation, input, { abortSignal })
      // SageMaker takes the name in small letters, too.
      if (!model.startsWith('arn:') && group.ModelPackageGroupName !== model) {
        throw notFound(
          `SageMaker has no model package group "${model}", only "${group.ModelPackageGroupName}"`,
          { model },
        )
      }
      remember(model, group.ModelPackageGroupArn)
      return group
    },

    groups: (abortSignal) => pagesOf(client, groupsPage, listGroups, abortSignal),

    async version(model, version, abortSignal) {
      const record = await reader.anyVersion(model, version, abortSignal)
      checkReady(model, version, record)
      return record
    },

    async anyVersion(model, version, abortSignal) {
      if (!/^[1-9]\d{0,8}$/.test(version)) {
        throw notFound(`model "${model}" has no version "${version}": SageMaker numbers versions`, {
          model,
          version,
        })
      }
      const { operation, input } = describePackage(
        packageArnIn(await reader.groupArn(model, abortSignal), version),
      )
      return client.read(packageReply, operation, input, { abortSignal })
    },

    versions: (filter, abortSignal) =>
      pagesOf(client, packagesPage, (next) => listPackages(filter, next), abortSignal),

    async latestApproved(model, abortSignal) {
      const filter = { group: checkedName(model), approved: true, newestFirst: true }
      for await (const summary of newestFirst(reader.versions(filter, abortSignal))) {
        const found = await unlessNotFound(reader.version(model, versionOf(summary), abortSignal))
        // The list may be older than the version.
        if (found?.ModelApprovalStatus === 'Approved') return found
      }
      await reader.group(model, abortSignal)
      throw notFound(
        `no usable version of model "${model}" is approved: approve one, or name a version or an alias`,
        { model },
      )
    },

    async aliases(model, abortSignal) {
      const found = new Map<string, string>()
      if (aliasTags === undefined) return found
      const arn = await reader.groupArn(model, abortSignal)
      for await (const tags of pagesOf(client, tagsPage, (next) => listTags(arn, next), abortSignal)) {
        for (const { Key, Value } of tags) {
          if (Key.startsWith(aliasTags)) found.set(Key.slice(aliasTags.length), Value)
        }
      }
      return found
    },
  }
  return reader

  function remember(model: string, arn: string): void {
    arns.set(model, arn)
    const [oldest] = arns.keys()
    if (arns.size > rememberedGroups && oldest !== undefined) arns.delete(oldest)
  }
}

/** Reads a reference. Texts may be ARNs: that of a version, or that of a group for its latest approved version. */
export function parsePackageReference(reference: ModelReference): NamedReference {
  if (!('text' in reference) || !reference.text.startsWith('arn:')) return parseReference(reference)
  const { registry, text } = reference
  const address = packageAddress(text)
  if (address !== undefined) return { registry, name: address.group, version: address.version }
  const [name = '', ...alias] = text.split('@')
  checkedName(name)
  return { registry, name, alias: alias.length === 0 ? 'latest-approved' : alias.join('@') }
}

function checkedName(model: string): string {
  if (groupName.test(model)) return model
  throw new ModelspineError(
    'invalid-reference',
    `"${model}" cannot be the name of a model package group: write up to 63 letters, digits and hyphens, or its ARN`,
    { details: { model } },
  )
}

/** The version in the ARN, because lists of some regions leave the number out. */
export function versionOf({ ModelPackageArn, ModelPackageVersion }: PackageSummary): string {
  return packageAddress(ModelPackageArn)?.version ?? String(ModelPackageVersion)
}

/** Usable versions. Of those with the same time the greatest number comes first, whichever pages they are on. */
async function* newestFirst(pages: AsyncIterable<readonly PackageSummary[]>): AsyncGenerator<PackageSummary> {
  let together: PackageSummary[] = []
  const inOrder = (): PackageSummary[] => together.toSorted((one, other) => compare(other, one))
  for await (const page of pages) {
    for (const summary of page.filter(isReady)) {
      if (together[0] !== undefined && createdAtMs(together[0]) !== createdAtMs(summary)) {
        yield* inOrder()
        together = []
      }
      together.push(summary)
    }
  }
  yield* inOrder()
}

/** Oldest first. */
export function compare(one: PackageSummary, other: PackageSummary): number {
  return createdAtMs(one) - createdAtMs(other) || Number(versionOf(one)) - Number(versionOf(other))
}

function checkReady(model: string, version: string, record: PackageRecord): void {
  if (isReady(record)) return
  const status = record.ModelPackageStatus
  const isPending = status === 'Pending' || status === 'InProgress'
  const why = isPending ? 'it is still being registered' : 'it cannot be used'
  throw notFound(
    `version ${version} of model "${model}" has the status ${status}: ${why}`,
    { model, version, status },
    isPending,
  )
}
