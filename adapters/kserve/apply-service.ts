import type { ApplyOptions, ApplyResult } from 'modelspine/adapter'
import type { KubernetesClient } from '../shared/kubernetes/kubernetes-client.ts'
import { unlessGone } from '../shared/kubernetes/kubernetes-errors.ts'
import { type AppliedService, applyServiceRequest, readRequest, type ServiceSpec } from './kserve-api.ts'
import { inferenceService } from './kserve-replies.ts'
import { type LiveService, liveOf } from './modes/live-service.ts'
import type { ModePlace } from './modes/mode.ts'
import { checkOurs } from './our-object.ts'

/** Undefined when there is none. Throws `target-refused` for one that is not ours. */
export async function readService(
  client: KubernetesClient,
  { key, names, options }: ModePlace,
  abortSignal: AbortSignal | undefined,
): Promise<LiveService | undefined> {
  const request = readRequest(options.namespace, 'inferenceservices', names.service)
  const found = await unlessGone(client.read(inferenceService, { ...request, abortSignal }))
  if (found === undefined) return undefined
  checkOurs(key, 'InferenceService', found.metadata)
  return liveOf(found)
}

export async function applySpec(
  client: KubernetesClient,
  place: ModePlace,
  live: LiveService | undefined,
  spec: ServiceSpec,
  { abortSignal }: ApplyOptions,
): Promise<ApplyResult> {
  const request = applyServiceRequest(appliedService(place, live ?? 'absent', spec))
  const { spec: answered } = await client.read(inferenceService, { ...request, abortSignal })
  const left = leftOver(spec, answered)
  if (left === undefined) return { kind: 'accepted' }
  return {
    kind: 'failed',
    reason: 'FieldOwnedByOther',
    message: `spec.${left} of the InferenceService ${place.names.service} is also set by another field manager, so it stays: see kubectl get inferenceservice ${place.names.service} --show-managed-fields`,
  }
}

export function appliedService(
  { key, names, options }: ModePlace,
  there: AppliedService['there'],
  spec: ServiceSpec,
): AppliedService {
  const isKnative = options.mode === 'knative'
  return {
    key,
    name: names.service,
    namespace: options.namespace,
    there,
    mode: isKnative ? 'Knative' : 'Standard',
    tags: isKnative && options.endpoints === 'revision',
    spec,
  }
}

/** A field that decides about traffic and that was taken out. It stays when another manager has set it too. */
function leftOver(
  { predictor, canary = [] }: ServiceSpec,
  answered: {
    readonly predictor: ServiceSpec['predictor']
    readonly canary?: readonly unknown[] | null | undefined
  },
): string | undefined {
  const { canaryTrafficPercent: there } = answered.predictor
  if (predictor.canaryTrafficPercent === undefined && there !== undefined && there !== null) {
    return 'predictor.canaryTrafficPercent'
  }
  return canary.length === 0 && (answered.canary ?? []).length > 0 ? 'canary' : undefined
}
