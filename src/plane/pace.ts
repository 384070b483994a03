/**
 * How often the loop looks at deployments to which nothing happens, and how long it joins what it asks vendors.
 * Each value is above 0; `resolveLifeMs` and `togetherMs` may be 0.
 */
export interface Pace {
  /**
   * How many looks a second the loop makes at deployments that have stood still for long. Up to
   * `resyncsPerSecond · resyncMs / 1000` deployments (by default 12,000), each is looked at every `resyncMs`.
   * When there are more, each is looked at less often. Default 200.
   */
  readonly resyncsPerSecond: number
  /**
   * The longest time between two looks at a deployment, in milliseconds, however many there are. Within this
   * time, and a tenth more, the loop sees what has changed at a target that gives no hints. Default 600,000.
   */
  readonly longestResyncMs: number
  /**
   * How long the loop uses a registry's answer for other deployments with the same reference, in milliseconds.
   * A hint of the registry ends it. A person's change always asks anew. 0: each look asks. Default 1,000.
   */
  readonly resolveLifeMs: number
  /**
   * How long a resync's look waits for others, so that a target that can observe many keys is called once for
   * all, in milliseconds. 0: only looks of the same moment go together. Default 5.
   */
  readonly togetherMs: number
  /** How many keys are observed in one call at most. Default 100. */
  readonly mostTogether: number
}

export const defaultPace: Pace = {
  resyncsPerSecond: 200,
  longestResyncMs: 600_000,
  resolveLifeMs: 1000,
  togetherMs: 5,
  mostTogether: 100,
}

/** The given values, and the default of every value that is not given. */
export function paceOf(given: Partial<Pace> = {}): Pace {
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...defaultPace, ...Object.fromEntries(set) }
}

/** Milliseconds between two looks at a deployment that has stood still for long, when there are so many. */
export function quietMs(
  { resyncsPerSecond, longestResyncMs }: Pace,
  resyncMs: number,
  deployments: number,
): number {
  return Math.max(resyncMs, Math.min(longestResyncMs, (deployments * 1000) / resyncsPerSecond))
}
