import { type ApplyResult, isModelspineError, ModelspineError } from 'modelspine/adapter'
import type { GoogleFailure } from '../../shared/google/google-failure.ts'
import type { GoogleWords } from '../../shared/google/google-words.ts'

export const targetWords: GoogleWords = {
  vendor: 'Vertex',
  owner: 'vertexTarget',
  unavailable: 'target-unavailable',
  conflict: 'conflict',
  refused: 'target-refused',
  // Quotas of machines are no quotas of calls: they do not pass by waiting a minute.
  meaning: (failure, message) =>
    isOutOfMachines(failure)
      ? { code: 'target-unavailable', message, details: { outOfMachines: true } }
      : undefined,
}

/**
 * Vertex says it in its message alone: `The following quota metrics exceed quota limits:
 * aiplatform.googleapis.com/custom_model_serving_nvidia_l4_gpus`. A quota of calls has the reason RATE_LIMIT_EXCEEDED.
 */
function isOutOfMachines({ status, reason, message }: GoogleFailure): boolean {
  return (
    status === 'RESOURCE_EXHAUSTED' &&
    reason !== 'RATE_LIMIT_EXCEEDED' &&
    /exceed quota limits|out of capacity|stockout/i.test(message)
  )
}

/** Undefined for what is not there. */
export async function unlessAbsent<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked
  } catch (error) {
    if (statusOf(error) === 'NOT_FOUND') return undefined
    throw error
  }
}

/** The name of Google's status: `NOT_FOUND`. */
export function statusOf(error: unknown): unknown {
  return isModelspineError(error) ? error.details.reason : undefined
}

/**
 * The result of a mutation that Vertex did not begin. Undefined where the error is to be thrown. What fails because of
 * the state that something is in may do better later, so it is not refused for good.
 */
export function resultOf(error: unknown, retryAfterMs: number): ApplyResult | undefined {
  if (!isModelspineError(error)) return undefined
  const { message } = error
  if (error.details.outOfMachines === true) return { kind: 'failed', reason: 'QuotaExceeded', message }
  switch (statusOf(error)) {
    case 'ALREADY_EXISTS':
      // Our own earlier call, whose answer was lost.
      return { kind: 'busy', retryAfterMs }
    case 'FAILED_PRECONDITION':
      return { kind: 'failed', reason: 'FailedPrecondition', message }
    case 'NOT_FOUND':
      // A model that is not there is refused. An endpoint was there a moment ago.
      return /\/endpoints\//.test(message) ? { kind: 'failed', reason: 'EndpointGone', message } : undefined
    default:
      return undefined
  }
}

export function notOurs(endpoint: string, owner: string | undefined): ModelspineError {
  const whose = owner === undefined ? 'was not made by this target' : `belongs to ${owner}`
  return new ModelspineError(
    'target-refused',
    `${endpoint} ${whose}, so it is left alone: name it in the option endpoints to take it over, or call the deployment otherwise`,
  )
}
