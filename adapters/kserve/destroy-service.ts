import type { ApplyOptions, DeploymentTarget } from 'modelspine/adapter'
import type { KubernetesClient } from '../shared/kubernetes/kubernetes-client.ts'
import { unlessGone } from '../shared/kubernetes/kubernetes-errors.ts'
import { readService } from './apply-service.ts'
import { readRecord, writeRecord } from './fence-record.ts'
import { deleteRequest } from './kserve-api.ts'
import { type ModePlace, waitMs } from './modes/mode.ts'
import { dropSecrets } from './revision-secrets.ts'

/** One call each: the InferenceService, the Secrets, and at last the record with the fence. */
export async function destroyNext(
  client: KubernetesClient,
  place: ModePlace,
  call: Omit<ApplyOptions, 'secret' | 'ifMatch'>,
): ReturnType<DeploymentTarget['destroy']> {
  const { names, options } = place
  const { namespace } = options
  const { abortSignal } = call
  const live = await readService(client, place, abortSignal)
  const known = await readRecord(client, place, abortSignal)
  if (live === undefined && known.version === undefined) return { kind: 'unchanged' }
  const record = await writeRecord(client, place, known, call)
  if (live?.isDeleting === true) return { kind: 'busy', retryAfterMs: waitMs }
  if (live !== undefined) {
    const request = deleteRequest(namespace, 'inferenceservices', names.service, live)
    await unlessGone(client.call({ ...request, abortSignal }))
    return { kind: 'accepted' }
  }
  const dropped = await dropSecrets(client, place, record, [], call)
  if (dropped !== undefined) return dropped
  const latest = await readRecord(client, place, abortSignal)
  if (latest.version === undefined) return { kind: 'unchanged' }
  await unlessGone(
    client.call({ ...deleteRequest(namespace, 'configmaps', names.record, latest.version), abortSignal }),
  )
  return { kind: 'accepted' }
}
