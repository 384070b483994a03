import {
  type ArtifactFile,
  type Clock,
  canonicalJson,
  isModelspineError,
  ModelspineError,
  type NewModelVersion,
  sameArtifact,
  sha256,
  sleep,
} from 'modelspine/adapter'
import { checkNextNumber } from '../../shared/registry/check-next-number.ts'
import { otherArtifact } from '../../shared/registry/other-artifact.ts'
import { unlessNotFound } from '../../shared/registry/unless-not-found.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { SagemakerClient } from '../sagemaker-client.ts'
import { artifactOf, packageAddress } from './artifact.ts'
import { checkNumber, checkTags } from './edit-version.ts'
import { entryFault } from './metadata-text.ts'
import { factsEntries, factsOf } from './package-facts.ts'
import { type PackageReader, versionOf } from './package-reader.ts'
import { createdReply, type PackageRecord } from './package-replies.ts'
import { createGroup, createPackage, deletePackage, newPackageInput } from './package-requests.ts'
import { statusOf } from './published-version.ts'
import type { SagemakerRegistrySettings } from './registry-options.ts'

/** How long a version may take until it can be used. One without a validation needs no time for it. */
const readyWithinMs = 300_000

/** How long a version that was made may not be found, because SageMaker does not show all at once. */
const shownWithinMs = 30_000

export interface RegisterPackageParts {
  readonly client: SagemakerClient
  readonly reader: PackageReader
  readonly clock: Clock
  readonly settings: SagemakerRegistrySettings
}

/** A version that is registered, and its number. */
export interface Registered {
  readonly version: string
  readonly record: PackageRecord
}

/**
 * Makes a version, and its group where there is none. The token is a hash of what is sent. So a call whose answer was
 * lost can be repeated, as long as SageMaker remembers the token.
 */
export async function registerPackage(
  parts: RegisterPackageParts,
  fresh: NewModelVersion,
  abortSignal: AbortSignal | undefined,
): Promise<Registered> {
  const input = inputOf(fresh, parts.settings)
  if (fresh.version !== undefined) {
    const existing = await existingVersion(parts, fresh, fresh.version, abortSignal)
    if (existing !== undefined) return agreeing(fresh, fresh.version, existing)
  }
  await ensureGroup(parts, fresh.name, abortSignal)
  const { operation, input: body } = createPackage(input, tokenOf(fresh.version, input))
  const { ModelPackageArn: arn } = await parts.client.read(createdReply, operation, body, {
    repeatable: true,
    abortSignal,
  })
  const version = packageAddress(arn)?.version ?? ''
  if (fresh.version !== undefined && version !== fresh.version) {
    const taken = deletePackage(await parts.reader.groupArn(fresh.name, abortSignal), version)
    await parts.client.send(taken.operation, taken.input, { abortSignal })
    throw new ModelspineError(
      'conflict',
      `version "${fresh.version}" of model "${fresh.name}" cannot be registered: SageMaker gave it the number ${version}, and it was removed again`,
      { details: { model: fresh.name, version: fresh.version, given: version } },
    )
  }
  return { version, record: await whenReady(parts, fresh.name, version, abortSignal) }
}

function inputOf(
  fresh: NewModelVersion,
  settings: SagemakerRegistrySettings,
): ReturnType<typeof newPackageInput> {
  const { name, approval, owner, classification, tags = {}, lineage, metrics = {} } = fresh
  const { metadata: keys, packaging } = settings
  checkTags(tags, keys)
  const told: Readonly<Record<string, string | undefined>> = {
    [keys.owner]: owner,
    [keys.classification]: classification,
    ...Object.fromEntries(
      Object.entries(metrics).map(([metric, value]) => [keys.metrics + metric, String(value)]),
    ),
    ...factsEntries(fresh),
  }
  const entries = Object.entries(told).filter((entry): entry is [string, string] => entry[1] !== undefined)
  for (const [key, value] of entries) {
    const fault = entryFault(key, value)
    if (fault !== undefined) throw wrongOption(`metadata ${key}`, fault)
  }
  const metadata = { ...tags, ...Object.fromEntries(entries) }
  checkNumber(metadata)
  if (packaging === undefined) throw new TypeError('register needs the option packaging')
  return newPackageInput({
    group: name,
    files: filesOf(fresh),
    packaging: packaging(fresh),
    approval: approval === undefined ? undefined : statusOf(approval),
    metadata,
    commit: lineage?.commit,
    run: lineage?.run,
  })
}

function filesOf({ artifact }: NewModelVersion): readonly ArtifactFile[] {
  if (artifact.kind !== 'files') {
    throw wrongOption('artifact.kind', 'is "hosted", but SageMaker keeps addresses of files in S3')
  }
  const { files } = artifact
  if (files.length === 0 || files.length > 6) {
    throw wrongOption('artifact.files', `has ${files.length} files, but a container of SageMaker has 1 to 6`)
  }
  for (const [place, { uri }] of files.entries()) {
    if (!/^(s3|https):\/\/[^/]+\/\S+$/.test(uri) || uri.length > 1024) {
      throw wrongOption(
        `artifact.files[${place}].uri`,
        `is "${uri}": write an address in S3, such as s3://models/churn.tar.gz`,
      )
    }
  }
  return files
}

function tokenOf(version: string | undefined, input: object): string {
  return sha256(canonicalJson({ version, input })).slice(0, 36)
}

/** The version of that number, where it exists. Otherwise it must be the number that SageMaker gives next. */
async function existingVersion(
  { reader }: RegisterPackageParts,
  { name }: NewModelVersion,
  version: string,
  abortSignal: AbortSignal | undefined,
): Promise<PackageRecord | undefined> {
  const existing = await unlessNotFound(reader.anyVersion(name, version, abortSignal))
  if (existing === undefined) {
    const newest = await unlessNotFound(newestVersions(reader, name, abortSignal))
    checkNextNumber('SageMaker', version, newest ?? [])
  }
  return existing
}

async function newestVersions(
  reader: PackageReader,
  group: string,
  abortSignal: AbortSignal | undefined,
): Promise<readonly string[]> {
  for await (const page of reader.versions({ group, newestFirst: true }, abortSignal))
    return page.map(versionOf)
  return []
}

/** Another kind of artifact than the caller's may be what `resolve` gives, so the addresses are compared. */
function agreeing(fresh: NewModelVersion, version: string, record: PackageRecord): Registered {
  const there = artifactOf(record, 'model-data', factsOf(record).digests ?? {})
  if (sameArtifact(there, fresh.artifact)) return { version, record }
  throw otherArtifact(fresh.name, version)
}

async function ensureGroup(
  { client, reader }: RegisterPackageParts,
  name: string,
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  try {
    await reader.group(name, abortSignal)
  } catch (error) {
    if (!isModelspineError(error, 'model-not-found') || name.startsWith('arn:')) throw error
    const { operation, input } = createGroup(name)
    await client.send(operation, input, { abortSignal }).catch((refused) => {
      // Another writer was faster.
      if (!isModelspineError(refused, 'conflict')) throw refused
    })
  }
}

/** Reads the version until it can be used. */
async function whenReady(
  { reader, clock }: RegisterPackageParts,
  model: string,
  version: string,
  abortSignal: AbortSignal | undefined,
): Promise<PackageRecord> {
  const beginMs = clock.monotonic()
  for (;;) {
    const waitedMs = clock.monotonic() - beginMs
    try {
      return await reader.version(model, version, abortSignal)
    } catch (error) {
      if (!isModelspineError(error, 'model-not-found')) throw error
      const isPending = error.retryable && waitedMs < readyWithinMs
      const isHidden = error.details.status === 400 && waitedMs < shownWithinMs
      if (!isPending && !isHidden) throw error
    }
    await sleep(clock, 250 + clock.random() * 250, abortSignal)
  }
}
