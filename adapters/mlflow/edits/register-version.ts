import {
  type ArtifactFile,
  type Clock,
  canonicalJson,
  isModelspineError,
  ModelspineError,
  type ModelVersion,
  type NewModelVersion,
  sameArtifact,
  sha256,
  sleep,
} from 'modelspine/adapter'
import { checkNextNumber } from '../../shared/registry/check-next-number.ts'
import { otherArtifact } from '../../shared/registry/other-artifact.ts'
import { unlessNotFound } from '../../shared/registry/unless-not-found.ts'
import type { VendorClient } from '../../shared/vendor-client.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import {
  createModel,
  createVersion,
  deleteVersion,
  type NewVersionBody,
  tagFilter,
  type VersionRecord,
  versionReply,
} from '../mlflow-api.ts'
import { type MlflowTags, ownTags } from '../mlflow-options.ts'
import { ownFactsTag } from '../versions/own-facts.ts'
import { isReady } from '../versions/published-version.ts'
import type { VersionReader } from '../versions/version-reader.ts'

/** How often a create is sent that MLflow answers with 500, as it does when several compete for a number. */
const tries = 4

/** How long a version may take until it is ready, in milliseconds. MLflow's own server needs no time for it. */
const readyWithinMs = 300_000

export interface RegisterParts {
  readonly client: VendorClient
  readonly reader: VersionReader
  readonly clock: Clock
  readonly tags: MlflowTags
  /** The registry's name in the plane. */
  readonly registry: string
}

/**
 * Creates a version, and its model where there is none. The same facts again give the version that they made before,
 * so a call whose answer was lost can be repeated.
 */
export async function registerVersion(
  parts: RegisterParts,
  fresh: NewModelVersion,
  abortSignal: AbortSignal | undefined,
): Promise<ModelVersion> {
  const file = onlyFile(fresh)
  refuseReservedTags(fresh, parts.tags)
  if (fresh.version !== undefined) {
    const existing = await existingVersion(parts, fresh, fresh.version, abortSignal)
    if (existing !== undefined) return agreeing(parts, existing, fresh, file, abortSignal)
  }
  await ensureModel(parts, fresh.name, abortSignal)
  const body = bodyOf(fresh, file, parts.tags)
  const created = (await registered(parts, body, abortSignal)) ?? (await create(parts, body, abortSignal))
  if (fresh.version !== undefined && created.version !== fresh.version) {
    await parts.client.call({ ...deleteVersion(created.name, created.version), abortSignal })
    throw new ModelspineError(
      'conflict',
      `version "${fresh.version}" of model "${fresh.name}" cannot be registered: MLflow gave it the number ${created.version}, and it was removed again`,
      { details: { model: fresh.name, version: fresh.version, given: created.version } },
    )
  }
  return parts.reader.publish(parts.registry, await whenReady(parts, created, abortSignal), abortSignal)
}

function onlyFile({ artifact }: NewModelVersion): ArtifactFile {
  if (artifact.kind !== 'files') {
    throw wrongOption('artifact.kind', 'is "hosted", but MLflow keeps only addresses of files')
  }
  const [file, ...others] = artifact.files
  if (file === undefined || others.length > 0) {
    throw wrongOption(
      'artifact.files',
      `has ${artifact.files.length} files, but MLflow keeps one address: give that of their folder`,
    )
  }
  return file
}

function refuseReservedTags({ tags = {} }: NewModelVersion, names: MlflowTags): void {
  for (const key of [...Object.values(names), ...Object.values(ownTags)]) {
    if (!Object.hasOwn(tags, key)) continue
    throw new ModelspineError('invalid-options', `tags.${key} is written by other facts: leave it out`, {
      details: { field: `tags.${key}` },
    })
  }
}

/** The version of that number, where it exists. Otherwise it must be the number that MLflow gives next. */
async function existingVersion(
  { reader }: RegisterParts,
  { name }: NewModelVersion,
  version: string,
  abortSignal: AbortSignal | undefined,
): Promise<VersionRecord | undefined> {
  const existing = await unlessNotFound(reader.version(name, version, abortSignal))
  if (existing === undefined) {
    checkNextNumber('MLflow', version, await newestVersions(reader, name, abortSignal))
  }
  return existing
}

async function newestVersions(
  reader: VersionReader,
  name: string,
  abortSignal: AbortSignal | undefined,
): Promise<readonly string[]> {
  for await (const page of reader.search(name, { newestFirst: true }, abortSignal)) {
    if (page.length > 0) return page.map(({ version }) => version)
  }
  return []
}

async function agreeing(
  parts: RegisterParts,
  record: VersionRecord,
  fresh: NewModelVersion,
  file: ArtifactFile,
  abortSignal: AbortSignal | undefined,
): Promise<ModelVersion> {
  const ready = await whenReady(parts, record, abortSignal)
  const existing = await parts.reader.publish(parts.registry, ready, abortSignal)
  const [there] = existing.artifact.kind === 'files' ? existing.artifact.files : []
  // MLflow keeps the address that it was given beside the one where the files are.
  const same = { ...file, uri: file.uri === record.source ? (there?.uri ?? file.uri) : file.uri }
  if (sameArtifact(existing.artifact, { kind: 'files', files: [same] })) return existing
  throw otherArtifact(fresh.name, record.version)
}

async function ensureModel(
  { client, reader }: RegisterParts,
  name: string,
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  if ((await unlessNotFound(reader.model(name, abortSignal))) !== undefined) return
  await client.call({ ...createModel(name), abortSignal }).catch((refused) => {
    // Another writer was faster.
    if (!isModelspineError(refused, 'conflict')) throw refused
  })
}

function bodyOf(fresh: NewModelVersion, { uri }: ArtifactFile, names: MlflowTags): NewVersionBody {
  const { name, approval, owner, classification, tags = {}, lineage } = fresh
  const { version, artifact, signature, metrics } = fresh
  const told: Readonly<Record<string, string | undefined>> = {
    ...tags,
    [names.approval]: approval,
    [names.owner]: owner,
    [names.classification]: classification,
    [ownTags.facts]: ownFactsTag(fresh),
    [ownTags.registration]: markOf({ version, artifact, signature, lineage, metrics }),
  }
  const run = lineage?.run ?? /^runs:\/+([^/]+)\//.exec(uri)?.[1]
  // MLflow refuses an address in its own store without the run or the logged model that it belongs to.
  const model = /^(?:models:\/|mlflow-artifacts:.*\/models\/)(m-[^/]+)(?:\/artifacts)?$/.exec(uri)?.[1]
  return {
    name,
    source: uri,
    ...(run !== undefined && { run_id: run }),
    ...(model !== undefined && { model_id: model }),
    tags: Object.entries(told).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])),
  }
}

/** The same for the same facts. Who approves and owns a version may change, so that does not count. */
function markOf(
  facts: { readonly [Fact in keyof NewModelVersion]?: NewModelVersion[Fact] | undefined },
): string {
  return sha256(canonicalJson(facts)).slice(0, 32)
}

/** The version that an earlier call with the same facts made. */
async function registered(
  { reader }: RegisterParts,
  { name, tags }: NewVersionBody,
  abortSignal: AbortSignal | undefined,
): Promise<VersionRecord | undefined> {
  const mark = tags.find(({ key }) => key === ownTags.registration)?.value ?? ''
  const filters = [tagFilter(ownTags.registration, mark)]
  for await (const [first] of reader.search(name, { filters }, abortSignal)) {
    if (first !== undefined) return first
  }
  return undefined
}

async function create(
  parts: RegisterParts,
  body: NewVersionBody,
  abortSignal: AbortSignal | undefined,
): Promise<VersionRecord> {
  const { client, clock } = parts
  for (let left = tries; ; left -= 1) {
    try {
      const created = await client.read(versionReply, { ...createVersion(body), abortSignal })
      return created.model_version
    } catch (error) {
      if (isModelspineError(error, 'model-not-found')) throw noOrigin(error)
      if (!isModelspineError(error, 'registry-unavailable')) throw error
      // The version may be there although no answer says so.
      const made = await registered(parts, body, abortSignal).catch(() => undefined)
      if (made !== undefined) return made
      if (error.details.status !== 500 || left === 1) throw error
      await sleep(clock, 50 + clock.random() * 250, abortSignal)
    }
  }
}

/** The model is there, so it is the run or the logged model that MLflow does not have. */
function noOrigin({ message, details }: ModelspineError): ModelspineError {
  return new ModelspineError('invalid-options', `lineage.run or artifact.files[0].uri is wrong: ${message}`, {
    details: { ...details, field: 'lineage.run' },
  })
}

/** Reads the version again until it can be used. Its record is then the one that `resolve` gives. */
async function whenReady(
  { reader, clock }: RegisterParts,
  { name, version }: VersionRecord,
  abortSignal: AbortSignal | undefined,
): Promise<VersionRecord> {
  const untilMs = clock.monotonic() + readyWithinMs
  for (;;) {
    const record = await reader.version(name, version, abortSignal)
    const isPending = !isReady(record) && record.status === 'PENDING_REGISTRATION'
    if (!isPending || clock.monotonic() >= untilMs) return record
    await sleep(clock, 250 + clock.random() * 250, abortSignal)
  }
}
