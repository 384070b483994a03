import type { ObservedRevision } from 'modelspine/adapter'
import type { ModelStatus, ServiceStatus } from '../kserve-replies.ts'

/** A revision's state with the reason for it. */
export type Readiness = Pick<ObservedRevision, 'state' | 'reason' | 'message'>

/** What a mode knows of the predictor that KServe tells of. */
export interface StatusFacts {
  /** Whether what KServe tells is about this predictor, and not about the one before it. */
  readonly isCurrent: boolean
  /** Whether pods of this predictor serve, or have served. */
  readonly serves: boolean
  /** Whether no pod at all is as it should be. */
  readonly mayBeEmpty: boolean
  /** The failure that was told before this predictor was written. */
  readonly oldFailure: string | undefined
}

/** Ready: PredictorReady and IngressReady are true, the status is of this predictor, and its model is loaded. */
export function readinessOf(status: ServiceStatus, about: StatusFacts): Readiness {
  const { modelStatus } = status
  const failed = failureIn(status, about)
  if (failed !== undefined) return failed
  const waits = about.serves ? 'unready' : 'starting'
  if (!about.isCurrent) return { state: waits, reason: 'StatusOutdated' }
  for (const type of ['PredictorReady', 'IngressReady']) {
    const condition = conditionOf(status, type)
    if (condition?.status === 'True') continue
    return {
      state: waits,
      reason: wordOf(condition?.reason, `${type.replace('Ready', '')}NotReady`),
      ...(condition?.message ? { message: condition.message } : {}),
    }
  }
  const { transitionStatus } = modelStatus ?? {}
  if (!about.serves) return { state: 'starting', ...told(modelStatus, 'NotServing') }
  if (transitionStatus === 'UpToDate' || isEmpty(modelStatus, about)) return { state: 'ready' }
  return { state: waits, ...told(modelStatus, transitionStatus || 'ModelStatusMissing') }
}

/** Scaled to zero: KServe says again that the model is pending, because it sees no pod. */
function isEmpty(modelStatus: ModelStatus | null | undefined, { mayBeEmpty }: StatusFacts): boolean {
  return (
    mayBeEmpty &&
    modelStatus?.transitionStatus === 'InProgress' &&
    (modelStatus.copies?.totalCopies ?? 0) === 0
  )
}

/** `InvalidSpec` comes before KServe has made anything, so no generation tells whose it is. */
function failureIn(status: ServiceStatus, { isCurrent, oldFailure }: StatusFacts): Readiness | undefined {
  const { modelStatus } = status
  const { transitionStatus } = modelStatus ?? {}
  const isInvalid = transitionStatus === 'InvalidSpec'
  if (!isInvalid && !(transitionStatus === 'BlockedByFailedLoad' && isCurrent)) return undefined
  if (oldFailure !== undefined && failureText(status) === oldFailure) return undefined
  // Some pods failed, and others serve.
  if (!isInvalid && conditionOf(status, 'PredictorReady')?.status === 'True') return undefined
  return { state: 'failed', ...told(modelStatus, transitionStatus) }
}

/** Tells one failure from another. Undefined when none is told. */
export function failureText({ modelStatus }: ServiceStatus): string | undefined {
  const { transitionStatus, lastFailureInfo } = modelStatus ?? {}
  if (transitionStatus !== 'InvalidSpec' && transitionStatus !== 'BlockedByFailedLoad') return undefined
  const { reason, message, time } = lastFailureInfo ?? {}
  return [transitionStatus, reason ?? '', time ?? '', (message ?? '').slice(0, 200)].join(' ')
}

export function told(
  modelStatus: ModelStatus | null | undefined,
  otherwise: string,
): Omit<Readiness, 'state'> {
  const { reason, message } = modelStatus?.lastFailureInfo ?? {}
  return { reason: wordOf(reason, otherwise), ...(message ? { message } : {}) }
}

export function conditionOf(
  { conditions }: ServiceStatus,
  type: string,
):
  | {
      readonly status: string
      readonly reason?: string | null | undefined
      readonly message?: string | null | undefined
    }
  | undefined {
  return conditions?.find((each) => each.type === type)
}

/** One CamelCase word. KServe writes some reasons as sentences. */
function wordOf(reason: string | null | undefined, otherwise: string): string {
  const words = (reason ?? '').match(/[A-Za-z0-9]+/g) ?? []
  return (
    words
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join('')
      .slice(0, 80) || otherwise
  )
}
