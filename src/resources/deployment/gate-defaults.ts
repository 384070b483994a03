/**
 * What a gate does where its spec is silent. The resource keeps only what was written, so these are applied where they
 * are read.
 */
export const gateDefaults = {
  /** Of a whole rollout. */
  falseAlarms: 0.05,
  power: 0.9,
  undecided: 'extend',
  /** How many times the step's `for` an extended window is at most. */
  maxForTimes: 2,
} as const
