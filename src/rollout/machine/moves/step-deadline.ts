import { answerWithin, answerWithinMs } from '../../../resources/deployment/answer-within.ts'
import type { DeploymentStatus, RollbackCause } from '../../../resources/deployment/deployment-status.ts'
import { durationMs } from '../../../resources/duration.ts'
import { candidateOf, revisionStatus } from '../status-edits.ts'
import type { BlindContext } from '../transition.ts'

/** The moment at which a rollout that makes no progress is turned back, and why. */
export interface StepDeadline {
  readonly atMs: number
  readonly cause: Extract<RollbackCause, 'ProgressDeadlineExceeded' | 'NoAnswer'>
  readonly message: string
}

/** When a weight must be in force that a target, or a stable revision that is not ready, keeps back. */
export function shiftDeadline(
  { declared }: Pick<BlindContext, 'declared'>,
  { sinceMs }: { readonly sinceMs: number },
): StepDeadline {
  const { deadline } = declared.spec
  return stuck(sinceMs + durationMs(deadline), `the weight was not in force within ${deadline}`)
}

/**
 * The next deadline of a rollout under way. Undefined while nothing is waited for, and while a person paused
 * the rollout. All deadlines count from the begin of the step. A candidate that stops being ready again and
 * again is in trouble since the first time: being ready for a moment is no progress.
 */
export function stepDeadline(
  { declared }: Pick<BlindContext, 'declared'>,
  status: DeploymentStatus,
): StepDeadline | undefined {
  if (status.paused !== undefined) return undefined
  const own = ownDeadline(declared.spec, status)
  const trouble = troubleDeadline(declared.spec, status)
  if (own === undefined || trouble === undefined) return own ?? trouble
  return own.atMs <= trouble.atMs ? own : trouble
}

type Limits = BlindContext['declared']['spec']

function ownDeadline(spec: Limits, { rollout }: DeploymentStatus): StepDeadline | undefined {
  switch (rollout.phase) {
    case 'pausing':
      return rollout.untilMs === undefined ? unanswered(spec, rollout.sinceMs, 'for a promotion') : undefined
    case 'holding':
      return unanswered(spec, rollout.sinceMs, 'for a decision about an analysis without an answer')
    case 'blocked':
      return rollout.reason === 'ApprovalRequired'
        ? unanswered(spec, rollout.sinceMs, 'for an approval')
        : undefined
    default:
      return undefined
  }
}

function troubleDeadline(spec: Limits, status: DeploymentStatus): StepDeadline | undefined {
  const { rollout } = status
  if (rollout.phase === 'retargeting') return undefined
  const candidate = revisionStatus(status, candidateOf(rollout))
  if (candidate === undefined || candidate.state === 'ready') return undefined
  const starts = rollout.phase === 'starting'
  const sinceMs = starts
    ? rollout.sinceMs
    : Math.max(candidate.troubledSinceMs ?? candidate.sinceMs, rollout.sinceMs)
  const why = candidate.reason === undefined ? '' : ` (${candidate.reason})`
  return stuck(
    sinceMs + durationMs(spec.deadline),
    starts
      ? `the revision was not ready within ${spec.deadline}${why}`
      : `the revision has not been ready for good for ${spec.deadline}${why}`,
  )
}

function stuck(atMs: number, message: string): StepDeadline {
  return { atMs, cause: 'ProgressDeadlineExceeded', message }
}

function unanswered(spec: Limits, sinceMs: number, what: string): StepDeadline {
  return {
    atMs: sinceMs + answerWithinMs(spec),
    cause: 'NoAnswer',
    message: `the rollout waited ${answerWithin(spec)} ${what}, and nobody answered`,
  }
}
