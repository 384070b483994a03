import type {
  Analyzing,
  DeploymentStatus,
  GateResult,
  GateWindow,
  Rollout,
} from '../../../resources/deployment/deployment-status.ts'

/** The window of this step in which the gate was tested last. Undefined before its first test. */
export function lastWindow({ gates, earlierWindows }: Analyzing, gate: string): GateWindow | undefined {
  const last = gates.find((each) => each.gate === gate)?.window
  return last ?? (earlierWindows === undefined ? undefined : { number: earlierWindows })
}

/** A step that is entered once more, with the windows that its gates have used up. */
export function afterWindows(next: Rollout, { rollout }: DeploymentStatus): Rollout {
  if (next.phase !== 'analyzing' || !('step' in rollout) || rollout.step !== next.step) return next
  const gates = 'gates' in rollout ? rollout.gates : []
  const before = rollout.phase === 'analyzing' ? (rollout.earlierWindows ?? 0) : 0
  const earlierWindows = Math.max(before, ...gates.map(({ window }) => window?.number ?? 0))
  return earlierWindows === 0 ? next : { ...next, earlierWindows }
}

/**
 * The status that remembers the windows of these results, also where nothing else of a look is kept. The same object when
 * they are known.
 */
export function withWindows(
  status: DeploymentStatus,
  results: readonly GateResult[] | undefined,
): DeploymentStatus {
  const { rollout } = status
  if (rollout.phase !== 'analyzing' || results === undefined) return status
  const isNew = results.some(
    ({ gate, window }) => window !== undefined && window.number > (lastWindow(rollout, gate)?.number ?? 0),
  )
  return isNew ? { ...status, rollout: { ...rollout, gates: results } } : status
}
