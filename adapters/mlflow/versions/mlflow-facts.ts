import { isModelspineError, type Lineage, ModelspineError, type Signature } from 'modelspine/adapter'
import type { VendorClient } from '../../shared/vendor-client.ts'
import { addressOf } from '../artifacts/artifact-address.ts'
import {
  downloadUriReply,
  getArtifact,
  getDownloadUri,
  getLoggedModel,
  getRun,
  getVersionFile,
  type LoggedModelRecord,
  loggedModelReply,
  type RunRecord,
  runReply,
  type VersionRecord,
} from '../mlflow-api.ts'
import { type Missing, unlessMissing } from '../mlflow-errors.ts'
import { signatureInFile, signatureInHistory } from './model-signature.ts'
import { ownFactsOf } from './own-facts.ts'
import { isUnderWay, lineageOf, loggedModelOf, metricsOf, type Origin, runOf, tagOf } from './run-facts.ts'

/** What a version is made of and came from. None of it changes once the run has ended. */
export interface MlflowFacts {
  readonly uri: string
  readonly lineage: Lineage
  readonly metrics: Readonly<Record<string, number>>
  readonly signature?: Signature
}

export interface FoundFacts {
  readonly facts: MlflowFacts
  /** False when a later look may find more: the run is under way, hidden, or its files could not be read. */
  readonly isWhole: boolean
}

/** How long a store of artifacts may take to give a small file, in milliseconds. */
const storeTimeoutMs = 3000

/** Asks for the run, the logged model and the file `MLmodel` of a version. */
export async function readMlflowFacts(
  client: VendorClient,
  version: VersionRecord,
  abortSignal: AbortSignal | undefined,
): Promise<FoundFacts> {
  // At the same time, because all of a look-up has one limit of time.
  const [model, named] = await Promise.all([
    readLoggedModel(client, loggedModelOf(version), abortSignal),
    readRun(client, version.run_id, abortSignal),
  ])
  const run = named ?? (await readRun(client, runOf(version, present(model)), abortSignal))
  const origin = { model: present(model), run: present(run) }
  const uri = await artifactUri(client, version, origin, abortSignal)
  const told = await findSignature(client, version, origin, uri, abortSignal)
  return {
    facts: {
      uri,
      lineage: lineageOf(version, origin),
      metrics: metricsOf(origin),
      ...(told.signature !== undefined && { signature: told.signature }),
    },
    isWhole: told.isCertain && model !== 'hidden' && run !== 'hidden' && !isUnderWay(origin.run),
  }
}

async function readLoggedModel(
  client: VendorClient,
  id: string | undefined,
  abortSignal: AbortSignal | undefined,
): Promise<LoggedModelRecord | Missing | undefined> {
  if (id === undefined) return undefined
  const reply = await unlessMissing(client.read(loggedModelReply, { ...getLoggedModel(id), abortSignal }))
  return typeof reply === 'object' ? reply.model : reply
}

async function readRun(
  client: VendorClient,
  id: string | null | undefined,
  abortSignal: AbortSignal | undefined,
): Promise<RunRecord | Missing | undefined> {
  if (!id) return undefined
  const reply = await unlessMissing(client.read(runReply, { ...getRun(id), abortSignal }))
  return typeof reply === 'object' ? reply.run : reply
}

function present<Found extends object>(found: Found | Missing | undefined): Found | undefined {
  return typeof found === 'object' ? found : undefined
}

/** The address where the files are. `models:` and `runs:` only name what has them. */
async function artifactUri(
  client: VendorClient,
  version: VersionRecord,
  { model, run }: Origin,
  abortSignal: AbortSignal | undefined,
): Promise<string> {
  const { name, source } = version
  const own = source?.startsWith('models:/m-') ? model?.info.artifact_uri : undefined
  const uri =
    own ||
    (await client.read(downloadUriReply, { ...getDownloadUri(name, version.version), abortSignal }))
      .artifact_uri
  const [, folder] = /^runs:\/+[^/]+\/(.*)$/s.exec(uri) ?? []
  if (folder === undefined) return uri
  const root = run?.info.artifact_uri
  if (root) return `${root.replace(/\/+$/, '')}/${folder}`
  throw new ModelspineError(
    'registry-unavailable',
    `version ${version.version} of model "${name}" has its files at ${uri}, but MLflow does not show that run`,
    { details: { model: name, version: version.version, uri } },
  )
}

interface ToldSignature {
  readonly signature: Signature | undefined
  /** Whether it is known that the version has this signature, or none. */
  readonly isCertain: boolean
}

async function findSignature(
  client: VendorClient,
  version: VersionRecord,
  { run }: Origin,
  uri: string,
  abortSignal: AbortSignal | undefined,
): Promise<ToldSignature> {
  if (ownFactsOf(version).signature !== undefined) return { signature: undefined, isCertain: true }
  const logged = tagOf(run?.data?.tags, 'mlflow.log-model.history')
  const root = `${run?.info.artifact_uri}/`
  if (logged !== undefined && uri.startsWith(root)) {
    const signature = signatureInHistory(logged, uri.slice(root.length))
    if (signature !== undefined) return { signature, isCertain: true }
  }
  const address = addressOf(uri, client.baseUrl)
  const file =
    address.kind === 'served'
      ? getArtifact(`${address.path}/MLmodel`)
      : getVersionFile(version.name, version.version, 'MLmodel')
  try {
    const reply = await client.call({ ...file, repeatable: false, timeoutMs: storeTimeoutMs, abortSignal })
    return { signature: await signatureInFile(reply.text()), isCertain: true }
  } catch (error) {
    // A signature is good to know. Nothing else may wait for a store that cannot be read.
    if (isModelspineError(error, 'aborted')) throw error
    return { signature: undefined, isCertain: isModelspineError(error, 'model-not-found') }
  }
}
