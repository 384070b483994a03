/** One observed fact about a resource, in the Kubernetes shape. */
export interface Condition {
  readonly type: ConditionType
  readonly status: 'True' | 'False' | 'Unknown'
  /** One CamelCase word that programs may switch on. */
  readonly reason: string
  /** For people: what happened, what it concerns, and what would help. */
  readonly message: string
  /** When `status` last changed, in ISO 8601. */
  readonly lastTransitionTime: string
  readonly observedGeneration: number
}

/**
 * - `Ready`: the declared revision serves all traffic.
 * - `Progressing`: a rollout is under way, waits or has stopped; the reason says which.
 * - `ModelResolved`: the reference was found in its registry at the last look.
 * - `PolicyDenied`: a policy engine refused the next move. Weight that was granted before is not taken away.
 * - `StableUnhealthy`: the revision that traffic returns to is not observed ready. With the reason
 *   `RequestsFailing` the target calls it ready, but every request to it fails.
 * - `RemovalOverdue`: a target still shows what it was told to remove longer than `deadline` ago.
 * - `AliasSet`: the alias of `spec.onPromoted` was pointed to the version of the stable revision. `False` while the
 *   registry has not taken it, and `Unknown` when somebody moved the alias meanwhile.
 * - `Degraded`: a fault of the target, store, audit or policy hinders the loop itself; the reason names the
 *   fault.
 */
export type ConditionType =
  | 'Ready'
  | 'Progressing'
  | 'ModelResolved'
  | 'PolicyDenied'
  | 'StableUnhealthy'
  | 'RemovalOverdue'
  | 'AliasSet'
  | 'Degraded'

/** Replaces the condition of the same type. The transition time changes only when the status changes. */
export function withCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  nowMs: number,
): readonly Condition[] {
  const previous = conditions.find((each) => each.type === next.type)
  if (
    previous?.status === next.status &&
    previous.reason === next.reason &&
    previous.message === next.message &&
    previous.observedGeneration === next.observedGeneration
  ) {
    return conditions
  }
  const lastTransitionTime =
    previous?.status === next.status ? previous.lastTransitionTime : new Date(nowMs).toISOString()
  const condition: Condition = { ...next, lastTransitionTime }
  return previous === undefined
    ? [...conditions, condition]
    : conditions.map((each) => (each.type === next.type ? condition : each))
}

export function withoutCondition(
  conditions: readonly Condition[],
  type: ConditionType,
): readonly Condition[] {
  return conditions.some((each) => each.type === type)
    ? conditions.filter((each) => each.type !== type)
    : conditions
}

export function conditionOf(conditions: readonly Condition[], type: ConditionType): Condition | undefined {
  return conditions.find((each) => each.type === type)
}
