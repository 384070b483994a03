import {
  type ApplyOptions,
  type ApplyResult,
  ModelspineError,
  type Revision,
  scrubError,
  throwIfAborted,
  unlessAborted,
} from 'modelspine/adapter'
import type { KubernetesClient } from '../shared/kubernetes/kubernetes-client.ts'
import { unlessGone } from '../shared/kubernetes/kubernetes-errors.ts'
import { type KeptRecord, sendRecord, writeRecord } from './fence-record.ts'
import { applySecretRequest, deleteRequest, readMetadataRequest } from './kserve-api.ts'
import { named } from './kserve-replies.ts'
import type { ModePlace } from './modes/mode.ts'
import { checkOurs } from './our-object.ts'

/**
 * Each revision with secrets has a Secret of its own, and its predictor names only that. It is written before the predictor.
 * Undefined when nothing had to be written.
 */
export async function applySecrets(
  client: KubernetesClient,
  place: ModePlace,
  record: KeptRecord,
  revisions: readonly Revision[],
  call: ApplyOptions,
): Promise<ApplyResult | undefined> {
  for (const { name, runtime } of revisions) {
    if (Object.keys(runtime.secrets).length === 0) continue
    if (await hasSecret(client, place, name, call)) continue
    const values = await resolved(runtime.secrets, call)
    // The record says first what may be there, so that a removal finds it after a crash.
    await sendRecord(client, place, record, call, [...new Set([...record.secrets, name])])
    await send(client, place, name, values, call)
    return { kind: 'accepted' }
  }
  return undefined
}

async function hasSecret(
  client: KubernetesClient,
  { key, names, options }: ModePlace,
  revision: string,
  { abortSignal }: ApplyOptions,
): Promise<boolean> {
  const request = readMetadataRequest(options.namespace, 'secrets', names.secret(revision))
  const found = await unlessGone(client.read(named, { ...request, abortSignal }))
  if (found === undefined) return false
  checkOurs(key, 'Secret', found.metadata)
  return true
}

async function resolved(
  references: Readonly<Record<string, string>>,
  { secret, abortSignal }: ApplyOptions,
): Promise<Readonly<Record<string, string>>> {
  throwIfAborted(abortSignal, 'the call')
  const asked = Object.entries(references).map(
    async ([variable, reference]) => [variable, (await secret(reference)).reveal()] as const,
  )
  const values = await unlessAborted(
    Promise.all(asked),
    abortSignal,
    (cause) => new ModelspineError('aborted', 'the call was aborted', { cause }),
  )
  return Object.fromEntries(values)
}

/** The API server may repeat a value, as it was given or as it was sent. */
async function send(
  client: KubernetesClient,
  { key, names, options }: ModePlace,
  revision: string,
  values: Readonly<Record<string, string>>,
  { abortSignal }: ApplyOptions,
): Promise<void> {
  const plain = Object.values(values)
  const encoded = plain.map((value) => Buffer.from(value).toString('base64'))
  const request = applySecretRequest(
    options.namespace,
    names.secret(revision),
    { key, there: 'absent' },
    values,
  )
  try {
    await client.call({ ...request, abortSignal })
  } catch (error) {
    throw scrubError(error, [...plain, ...encoded])
  }
}

/** Deletes one Secret of a revision that is not among these. Undefined when there is none. */
export async function dropSecrets(
  client: KubernetesClient,
  place: ModePlace,
  record: KeptRecord,
  kept: readonly string[],
  call: Pick<ApplyOptions, 'fence' | 'store' | 'takeOver' | 'abortSignal'>,
): Promise<{ readonly kind: 'accepted' } | undefined> {
  const { key, names, options } = place
  const { namespace } = options
  const { abortSignal } = call
  let left = record
  for (const revision of record.secrets.filter((each) => !kept.includes(each))) {
    const name = names.secret(revision)
    const found = await unlessGone(
      client.read(named, { ...readMetadataRequest(namespace, 'secrets', name), abortSignal }),
    )
    if (found !== undefined) {
      checkOurs(key, 'Secret', found.metadata)
      await unlessGone(
        client.call({ ...deleteRequest(namespace, 'secrets', name, found.metadata), abortSignal }),
      )
      return { kind: 'accepted' }
    }
    left = await writeRecord(
      client,
      place,
      left,
      call,
      left.secrets.filter((each) => each !== revision),
    )
  }
  return undefined
}
