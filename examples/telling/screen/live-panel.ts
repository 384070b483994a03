/** The current state, as the live region shows it. */
export interface LivePanel {
  readonly model: string
  /** The current activity in a few words: "a canary tests v2". */
  readonly activity: string
  /**
   * The rollout's steps. `current` is the index of the current step, or `labels.length` when all are done.
   */
  readonly steps?: { readonly labels: readonly string[]; readonly current: number }
  readonly revisions: readonly RevisionPanel[]
  readonly requestsPerSecond: number
  readonly answered: number
  readonly failedRequests: number
  readonly failedAttempts: number
}

export interface RevisionPanel {
  readonly name: string
  /** The revision's weight in percent, as the router uses it. */
  readonly share: number
  readonly requests: number
  /** From 0 to 1. Absent before the first answer. */
  readonly accuracy?: number | undefined
  readonly p50Ms?: number | undefined
}
