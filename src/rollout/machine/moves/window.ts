import type { Analyzing, GateResult } from '../../../resources/deployment/deployment-status.ts'
import { gateDefaults } from '../../../resources/deployment/gate-defaults.ts'
import { durationMs } from '../../../resources/duration.ts'
import type { BlindContext } from '../transition.ts'
import { undecidedOf } from './gate-ends.ts'

/**
 * The end of the longest window that a gate may have. Undefined for a gate that is not undecided, and for one that wants
 * no more time than its step's.
 */
export function longestEndMs(
  { declared, steps }: BlindContext,
  { step: place, fromMs, sinceMs }: Analyzing,
  { gate: name, verdict }: GateResult,
): number | undefined {
  const step = steps[place]
  const gate = declared.spec.analysis.find((each) => each.name === name)
  if (verdict !== 'undecided' || step?.kind !== 'analyze' || undecidedOf(gate) !== 'extend') return undefined
  const maxFor = gate?.maxFor
  const longestMs = maxFor === undefined ? gateDefaults.maxForTimes * step.forMs : durationMs(maxFor)
  return (fromMs ?? sinceMs) + Math.max(step.forMs, longestMs)
}

/** The end of the step's window when it is extended for these gates. Undefined when it is not. */
export function extendedUntilMs(
  context: BlindContext,
  rollout: Analyzing,
  gates: readonly GateResult[],
): number | undefined {
  const ends = gates
    .filter((result) => mayExtend(context, rollout, result))
    .map((result) => longestEndMs(context, rollout, result) ?? 0)
  return ends.length === 0 ? undefined : Math.max(...ends)
}

/** Whether the gate may have more time. A step is extended once. */
export function mayExtend(context: BlindContext, rollout: Analyzing, result: GateResult): boolean {
  const longestMs = longestEndMs(context, rollout, result)
  return rollout.extended !== true && longestMs !== undefined && longestMs > rollout.untilMs
}

/** Whether a gate is still undecided after its own `maxFor`, while the extended step has more time. */
export function isOverdue(
  context: BlindContext,
  rollout: Analyzing,
  result: GateResult,
  nowMs: number,
): boolean {
  const longestMs = longestEndMs(context, rollout, result)
  return rollout.extended === true && longestMs !== undefined && nowMs >= longestMs
}
