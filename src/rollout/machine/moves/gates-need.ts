import type {
  Analyzing,
  DeploymentStatus,
  GateResult,
} from '../../../resources/deployment/deployment-status.ts'
import { falseAlarmsOf } from '../false-alarms.ts'
import type { AskedGate, Need } from '../machine-types.ts'
import { splitOf, weightOf } from '../status-edits.ts'
import type { BlindContext } from '../transition.ts'
import { lastWindow } from './used-windows.ts'

/** The gates of a step to read now, with what their judgement depends on besides their readings. */
export function gatesNeed(
  { declared, now, steps }: BlindContext,
  status: DeploymentStatus,
  rollout: Analyzing,
  atEnd: boolean,
): Extract<Need, { kind: 'gates' }> {
  const step = steps[rollout.step]
  const { gates: names, forMs } = step?.kind === 'analyze' ? step : { gates: [], forMs: 0 }
  const { stable, trafficSinceMs } = status
  const share = shareOf(status, rollout.revision)
  return {
    kind: 'gates',
    gates: names.map((gate) => {
      const arrivedMs = now - (declared.delaysMs?.[gate] ?? 0)
      const window = lastWindow(rollout, gate)
      return {
        gate,
        toMs: Math.min(arrivedMs, rollout.untilMs),
        ...(window !== undefined && { window }),
        ...(stable !== undefined && basisOf(rollout, gate, { arrivedMs, forMs })),
      }
    }),
    candidate: rollout.revision,
    ...(stable !== undefined && { stable }),
    fromMs: rollout.fromMs ?? rollout.sinceMs,
    ...(atEnd && { atEnd }),
    alpha: falseAlarmsOf(declared.spec),
    ...(share !== undefined && { share }),
    ...(trafficSinceMs !== undefined && { splitSinceMs: trafficSinceMs }),
  }
}

/** The stable revision is read over at least this time before the step, because one window may be too short for a rate. */
const leastBasisMs = 3_600_000

/** What is known of the stable revision before the step, or at the first look over which interval it is to be read. */
function basisOf(
  { sinceMs, gates }: Analyzing,
  gate: string,
  { arrivedMs, forMs }: { readonly arrivedMs: number; readonly forMs: number },
): Pick<AskedGate, 'basis' | 'before'> {
  const last = gates.find((each) => each.gate === gate)
  if (last?.basis !== undefined) return { basis: last.basis }
  if (last !== undefined && !wasUnread(last)) return {}
  const toMs = Math.min(arrivedMs, sinceMs)
  return { before: { fromMs: toMs - Math.max(forMs, leastBasisMs), toMs } }
}

/** Whether the source has answered nothing so far. Then nobody could read what was before the step, either. */
function wasUnread({ verdict, candidate, spoiled }: GateResult): boolean {
  return verdict === 'error' && candidate === undefined && spoiled === undefined
}

/** The candidate's part of the requests that the split gives to it and to the stable revision. */
function shareOf(status: DeploymentStatus, candidate: string): number | undefined {
  const split = splitOf(status)
  const weight = weightOf(split, candidate)
  const both = weight + weightOf(split, status.stable)
  return both > 0 ? weight / both : undefined
}
