import type { Predictor, ServiceSpec } from '../kserve-api.ts'
import type { InferenceService, ServiceStatus } from '../kserve-replies.ts'

/** An InferenceService of ours as it is now. */
export interface LiveService {
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number
  readonly isDeleting: boolean
  readonly spec: ServiceSpec
  readonly status: ServiceStatus
}

export function liveOf({ metadata, spec, status }: InferenceService): LiveService {
  return {
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    generation: metadata.generation ?? 1,
    isDeleting: Boolean(metadata.deletionTimestamp),
    spec: { predictor: spec.predictor, canary: spec.canary ?? [] },
    status: status ?? ({} as ServiceStatus),
  }
}

export function numberIn(predictor: Predictor, name: string): number | undefined {
  const value = predictor[name]
  return typeof value === 'number' ? value : undefined
}
