/**
 * The evidence that measurements give for or against a claim about the true values behind them. All evidence here is an
 * e-process: a number that stays below 1/α, at all looks together, with probability 1 − α at least, if the claim that it
 * speaks against is true. So a gate may be looked at whenever one likes. All numbers are natural logarithms.
 *
 * Every method is a function of sums alone (counts, totals, sums of squares). Nothing is kept between two looks. So a look
 * may be missed or repeated, and the readings of two sources are simply added.
 *
 * In this room less is always better: errors, misses, milliseconds. The caller turns a metric of which more is better.
 */

/**
 * Logarithm of the evidence about a margin. Who only asks whether it exceeds `enough` says so, because that is told sooner.
 * Then a number above `enough` says that the evidence is above it, and any other that it is not. How far is a guess.
 */
export type Evidence = (margin: number, enough?: number) => number

/** One metric of a candidate, compared with that of the stable revision or with a constant. */
export interface Comparison {
  /** What is compared with a margin: the candidate's value less the stable revision's, or the candidate's value. */
  readonly difference: number
  /** Roughly by how much chance moves the difference. The ends of an interval are sought from there, wherever they lie. */
  readonly spread: number
  /** The evidence that the true difference is more than `margin`. */
  readonly above: Evidence
  /** The evidence that the true difference is less than `margin`. */
  readonly below: Evidence
}

/** What the evidence is to be strong for. It changes how soon something is shown, and never how often falsely. */
export interface Aim {
  /** The difference that is allowed, or the bound of a constant rule. */
  readonly margin: number
  /** A difference that should be seen. More than `margin`. */
  readonly detect: number
  /**
   * The stable revision's value before the measured window. It must not come from the window itself, or the evidence is no
   * longer true. Undefined when it is not known; then more samples are needed.
   */
  readonly basis?: number
}
