/** How many calls a part may get. */
export interface Rate {
  /** Calls a second in the long run: a number above 0. */
  readonly perSecond: number
  /**
   * How many calls may be made at once after a pause: a whole number of at least 1. Default: `perSecond`,
   * rounded, and at least 1. Of two or more, a quarter (at least one) is kept for what people asked for.
   */
  readonly burst?: number
}

/**
 * Limits the calls of parts by name, as the vendor's API allows. All deployments share a part's rate. A part
 * that is left out gets any number of calls.
 *
 * The loop waits for its turn: what a person asked for first. Calls that a person waits for, such as `plan`, are
 * made at once and count, so that the loop waits longer after them.
 */
export interface Rates {
  readonly targets?: Readonly<Record<string, Rate>>
  readonly registries?: Readonly<Record<string, Rate>>
  readonly metrics?: Readonly<Record<string, Rate>>
}

export function burstOf({ perSecond, burst }: Rate): number {
  return burst ?? Math.max(1, Math.round(perSecond))
}
