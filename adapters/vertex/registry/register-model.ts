import {
  type Clock,
  canonicalJson,
  ModelspineError,
  type NewModelVersion,
  sameArtifact,
  sha256,
  sleep,
} from 'modelspine/adapter'
import { operationReply } from '../../shared/google/google-operations.ts'
import { googleError } from '../../shared/google/google-words.ts'
import { checkNextNumber } from '../../shared/registry/check-next-number.ts'
import { otherArtifact } from '../../shared/registry/other-artifact.ts'
import { unlessNotFound } from '../../shared/registry/unless-not-found.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { VertexClient } from '../vertex-client.ts'
import { checkTags } from './edit-model.ts'
import { factsIn, factsText } from './model-facts.ts'
import type { ModelReader } from './model-reader.ts'
import { uploadedModel, type VertexModelRecord } from './model-replies.ts'
import { deleteVersionRequest, readUploadRequest, type Upload, uploadRequest } from './model-requests.ts'
import { artifactOf, versionIn } from './published-model.ts'
import { registryWords } from './registry-errors.ts'
import { labelFault, registrationLabel, type VertexRegistrySettings } from './registry-options.ts'

export interface RegisterModelParts {
  readonly client: VertexClient
  readonly reader: ModelReader
  readonly clock: Clock
  readonly settings: VertexRegistrySettings
}

/** How often an upload is looked at, and how long it may take. */
const lookMs = 2000
const uploadedWithinMs = 600_000

/** The same facts are the same version: a label has their hash, so that a call whose answer was lost can be repeated. */
export async function registerModel(
  parts: RegisterModelParts,
  fresh: NewModelVersion,
  abortSignal: AbortSignal | undefined,
): Promise<VertexModelRecord> {
  const { client, reader } = parts
  const upload = uploadOf(fresh, parts.settings)
  const there = await unlessNotFound(reader.versions(fresh.name, undefined, abortSignal))
  const existing = there?.find((record) => versionIn(record) === fresh.version)
  if (existing !== undefined) return agreeing(fresh, existing)
  const token = upload.labels[registrationLabel]
  const made = there?.find(({ labels }) => labels?.[registrationLabel] === token)
  if (made !== undefined) return made
  if (fresh.version !== undefined) checkNextNumber('Vertex', fresh.version, (there ?? []).map(versionIn))
  const request = uploadRequest(client.parent, { ...upload, isNext: there !== undefined })
  const { name } = await client.read(operationReply, { ...request, abortSignal })
  const { modelVersionId } = await uploaded(parts, name, abortSignal)
  if (fresh.version !== undefined && fresh.version !== modelVersionId) {
    const taken = deleteVersionRequest(client.parent, fresh.name, modelVersionId)
    await client.read(operationReply, { ...taken, abortSignal })
    throw new ModelspineError(
      'conflict',
      `another version of model "${fresh.name}" came between: Vertex gave this one the number ${modelVersionId}, not ${fresh.version}, and it was removed again`,
      { details: { model: fresh.name, version: fresh.version, given: modelVersionId } },
    )
  }
  return reader.version(fresh.name, modelVersionId, abortSignal)
}

function uploadOf(
  fresh: NewModelVersion,
  { labels: names, container }: VertexRegistrySettings,
): Omit<Upload, 'isNext'> {
  const { name: model, approval, owner, classification, tags = {} } = fresh
  if (!/^[a-z_][a-z0-9_-]{0,62}$/.test(model)) {
    throw wrongOption(
      'name',
      `is "${model}": begin with a small letter, and go on with small letters, digits, "_" and "-"`,
    )
  }
  if (container === undefined) throw new TypeError('register needs the option container')
  checkTags(tags, names)
  const told = [
    [names.approval, approval === 'unknown' ? undefined : approval],
    [names.owner, owner],
    [names.classification, classification],
  ] as const
  const own: Record<string, string> = {}
  for (const [label, value] of told) {
    if (value === undefined) continue
    const fault = labelFault(label, value)
    if (fault !== undefined)
      throw wrongOption(label, `is "${value}", which no label of Vertex can be: ${fault}`)
    own[label] = value
  }
  const { approval: _, ...facts } = fresh
  const token = sha256(canonicalJson(facts)).slice(0, 40)
  return {
    model,
    artifactUri: folderOf(fresh),
    container: container(fresh),
    labels: { ...tags, ...own, [registrationLabel]: token },
    versionDescription: factsText(fresh),
  }
}

function folderOf({ artifact }: NewModelVersion): string {
  if (artifact.kind !== 'files') {
    throw wrongOption('artifact.kind', 'is "hosted", but Vertex makes a version of files in Cloud Storage')
  }
  const [file, ...more] = artifact.files
  if (file === undefined || more.length > 0 || !/^gs:\/\/[^/]+\/\S+$/.test(file.uri)) {
    throw wrongOption('artifact.files', 'must be one folder in Cloud Storage, such as gs://models/churn/3')
  }
  return file.uri
}

/** The caller's files are compared, whatever kind of artifact `resolve` gives. */
function agreeing(fresh: NewModelVersion, record: VertexModelRecord): VertexModelRecord {
  const there = artifactOf(record, 'files', factsIn(record.versionDescription))
  if (sameArtifact(there, fresh.artifact)) return record
  throw otherArtifact(fresh.name, fresh.version)
}

async function uploaded(
  { client, clock }: RegisterModelParts,
  name: string,
  abortSignal: AbortSignal | undefined,
): Promise<{ readonly modelVersionId: string }> {
  const untilMs = clock.monotonic() + uploadedWithinMs
  for (;;) {
    const operation = await client.read(operationReply, { ...readUploadRequest(name), abortSignal })
    if (operation.state === 'failed') throw googleError(operation.failure, registryWords)
    if (operation.state === 'succeeded') return madeBy(name, operation.response)
    if (clock.monotonic() >= untilMs) {
      throw new ModelspineError(
        'registry-unavailable',
        `the upload ${name} has not ended within ten minutes: register it again`,
        {
          retryable: true,
        },
      )
    }
    await sleep(clock, lookMs, abortSignal)
  }
}

function madeBy(operation: string, response: unknown): { readonly modelVersionId: string } {
  const read = uploadedModel.safeParse(response)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new ModelspineError(
    'registry-unavailable',
    `Vertex: the upload ${operation} ended with an answer in an unknown form: ${issue?.path.join('.')}: ${issue?.message}`,
    { details: { field: issue?.path.join('.') } },
  )
}
