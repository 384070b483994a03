import { type Approval, ModelspineError } from 'modelspine/adapter'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { SagemakerClient } from '../sagemaker-client.ts'
import { entryFault, mostEntries } from './metadata-text.ts'
import type { PackageReader } from './package-reader.ts'
import { updatePackage } from './package-requests.ts'
import { isOwnEntry, statusOf } from './published-version.ts'
import type { SagemakerMetadata } from './registry-options.ts'

interface VersionName {
  readonly model: string
  readonly version: string
}

/** One call, unless the version has this approval. */
export async function setApproval(
  client: SagemakerClient,
  reader: PackageReader,
  { model, version, approval }: VersionName & { readonly approval: Approval },
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  const wanted = statusOf(approval)
  if (wanted === undefined) {
    throw wrongOption(
      'approval',
      `is "${approval}", for which SageMaker has no word: write approved, rejected or pending`,
    )
  }
  const record = await reader.version(model, version, abortSignal)
  if (record.ModelApprovalStatus === wanted) return
  const { operation, input } = updatePackage(record.ModelPackageArn, { approval: wanted })
  await client.send(operation, input, { abortSignal })
}

export type TagChanges = Readonly<Record<string, string | null>>

/**
 * One call with all of the metadata that the version is to have: AWS does not say whether those that a call leaves out
 * stay.
 */
export async function setTags(
  client: SagemakerClient,
  reader: PackageReader,
  { model, version, tags }: VersionName & { readonly tags: TagChanges },
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  const record = await reader.version(model, version, abortSignal)
  const before = record.CustomerMetadataProperties ?? {}
  const remove = Object.keys(tags).filter((key) => tags[key] === null && Object.hasOwn(before, key))
  const set = Object.entries(tags).filter(
    (entry): entry is [string, string] => entry[1] !== null && before[entry[0]] !== entry[1],
  )
  if (remove.length === 0 && set.length === 0) return
  const kept = Object.entries(before).filter(([key]) => !remove.includes(key))
  const metadata = Object.fromEntries([...kept, ...set])
  checkNumber(metadata)
  const { operation, input } = updatePackage(record.ModelPackageArn, { metadata, remove })
  await client.send(operation, input, { abortSignal })
}

/** Throws `invalid-options` for entries that SageMaker cannot keep, and for those that hold other facts. */
export function checkTags(tags: TagChanges, metadata: SagemakerMetadata): void {
  for (const [key, value] of Object.entries(tags)) {
    if (isOwnEntry(key, metadata)) {
      throw wrongOption(`tags.${key}`, 'is written by other facts: register another version')
    }
    const fault = entryFault(key, value ?? '-')
    if (fault !== undefined) throw wrongOption(`tags.${key}`, fault)
  }
}

export function checkNumber(metadata: Readonly<Record<string, string>>): void {
  const count = Object.keys(metadata).length
  if (count <= mostEntries) return
  throw new ModelspineError(
    'invalid-options',
    `tags: SageMaker keeps ${mostEntries} entries with a version, and these facts need ${count}: give fewer tags or metrics, or a shorter signature`,
    { details: { field: 'tags', entries: count } },
  )
}
