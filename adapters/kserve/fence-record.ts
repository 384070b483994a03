import { type ApplyOptions, acceptFence, type FenceRecord, ModelspineError } from 'modelspine/adapter'
import type { KubernetesClient } from '../shared/kubernetes/kubernetes-client.ts'
import { unlessGone } from '../shared/kubernetes/kubernetes-errors.ts'
import { applyRecordRequest, type ObjectVersion, readRequest } from './kserve-api.ts'
import { configMap } from './kserve-replies.ts'
import type { ModePlace } from './modes/mode.ts'
import { checkOurs } from './our-object.ts'

/**
 * What is kept of a key beside its InferenceService, in a ConfigMap: KServe copies the annotations of an InferenceService to
 * its pods, so a fence there would start new pods at each change of the leader.
 */
export interface KeptRecord {
  readonly fence: FenceRecord | undefined
  /** The revisions that may have a Secret. */
  readonly secrets: readonly string[]
  /** Undefined when there is no record yet. */
  readonly version: ObjectVersion | undefined
}

type FenceCall = Pick<ApplyOptions, 'fence' | 'store' | 'takeOver' | 'abortSignal'>

export async function readRecord(
  client: KubernetesClient,
  { key, names, options }: ModePlace,
  abortSignal: AbortSignal | undefined,
): Promise<KeptRecord> {
  const request = readRequest(options.namespace, 'configmaps', names.record)
  const found = await unlessGone(client.read(configMap, { ...request, abortSignal }))
  if (found === undefined) return { fence: undefined, secrets: [], version: undefined }
  checkOurs(key, 'ConfigMap', found.metadata)
  const { fence = '', store, secrets = '' } = found.data ?? {}
  if (!/^\d+$/.test(fence) || !Number.isSafeInteger(Number(fence))) {
    throw new ModelspineError(
      'target-refused',
      `the ConfigMap ${names.record} has the fence ${JSON.stringify(fence)}, which is no number: delete the ConfigMap when no other plane leads`,
    )
  }
  return {
    fence: { fence: Number(fence), ...(store ? { store } : {}) },
    secrets: secrets.split(' ').filter((each) => each !== ''),
    version: { uid: found.metadata.uid ?? '', resourceVersion: found.metadata.resourceVersion ?? '' },
  }
}

/**
 * Writes the fence when it is newer, and which revisions have a Secret. Throws `fence-stale` and `fence-foreign`, and
 * `conflict` when another process wrote meanwhile.
 */
export async function writeRecord(
  client: KubernetesClient,
  place: ModePlace,
  known: KeptRecord,
  call: FenceCall,
  secrets: readonly string[] = known.secrets,
): Promise<KeptRecord> {
  const record = acceptFence(place.key, known.fence, call)
  const isSame =
    known.version !== undefined &&
    record.fence === known.fence?.fence &&
    record.store === known.fence?.store &&
    secrets.join(' ') === known.secrets.join(' ')
  return isSame ? known : sendRecord(client, place, known, call, secrets)
}

/** Writes also what is there already: only with the record that was read, so not after somebody has removed it. */
export async function sendRecord(
  client: KubernetesClient,
  { key, names, options }: ModePlace,
  known: KeptRecord,
  call: FenceCall,
  secrets: readonly string[],
): Promise<KeptRecord> {
  const record = acceptFence(key, known.fence, call)
  const { fence, store } = record
  const data = {
    fence: String(fence),
    ...(store !== undefined && { store }),
    ...(secrets.length > 0 && { secrets: secrets.join(' ') }),
  }
  const { metadata } = await client.read(configMap, {
    ...applyRecordRequest(options.namespace, names.record, { key, there: known.version ?? 'absent' }, data),
    abortSignal: call.abortSignal,
  })
  return {
    fence: record,
    secrets,
    version: { uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '' },
  }
}
