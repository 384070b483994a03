/** What is going on right now, as the live region shows it. */
export interface LivePanel {
  readonly model: string
  /** In a few words: "v2 gets 25 %, its accuracy is judged". */
  readonly activity: string
  /** The rollout's steps; `current` is the index of the one that runs, or `labels.length` when all are done. */
  readonly steps?: { readonly labels: readonly string[]; readonly current: number }
  readonly revisions: readonly RevisionPanel[]
  readonly requestsPerSecond: number
  readonly answered: number
  readonly failedRequests: number
  readonly failedAttempts: number
}

export interface RevisionPanel {
  readonly name: string
  /** Percent of the traffic, as the router splits it. */
  readonly share: number
  readonly requests: number
  /** From 0 to 1; absent before the first label came back. */
  readonly accuracy?: number | undefined
  readonly p50Ms?: number | undefined
}
