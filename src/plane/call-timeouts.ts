/**
 * How long the plane waits for an answer of its parts, in milliseconds. A limit is in force also where the
 * part ignores its `abortSignal`: the call fails, and a late answer is not used. Each limit is above 0 and at
 * most 2,147,483,647.
 */
export interface CallTimeouts {
  /** `observe` and `list` of a target. Default 10,000. */
  readonly observeMs: number
  /** `apply` of a target, together with the secrets that it asks for. Default 30,000. */
  readonly applyMs: number
  /** `destroy` of a target. Default 30,000. */
  readonly destroyMs: number
  /** `resolve` and each change of a registry, and the wait for each item of its lists. Default 10,000. */
  readonly resolveMs: number
  /** `query` of a metric source. Default 10,000. */
  readonly queryMs: number
  /** `resolve` of a secret store. Default 5,000. */
  readonly secretMs: number
  /** `decide` of a policy engine. A later answer counts as the verdict `error`. Default 10,000. */
  readonly policyMs: number
  /** `standDown` of a target. Default 5,000. */
  readonly standDownMs: number
  /** `append` of the audit log, and six times as long to find the record at which it ended. Default 10,000. */
  readonly auditMs: number
  /** Each call of the store, and the wait for each item of its lists. Default 5,000. */
  readonly storeMs: number
}

export const defaultTimeouts: CallTimeouts = {
  observeMs: 10_000,
  applyMs: 30_000,
  destroyMs: 30_000,
  resolveMs: 10_000,
  queryMs: 10_000,
  secretMs: 5_000,
  policyMs: 10_000,
  standDownMs: 5_000,
  auditMs: 10_000,
  storeMs: 5_000,
}

/** The given limits, and the default of every limit that is not given. */
export function timeoutsOf(given: Partial<CallTimeouts> = {}): CallTimeouts {
  const set = Object.entries(given).filter(([, ms]) => ms !== undefined)
  return { ...defaultTimeouts, ...Object.fromEntries(set) }
}
