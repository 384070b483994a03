import type { Sample } from '../../evidence/sample.ts'

/** How samples of one kind are made up for a price, from what the stable revision's metric was lately. Less is better. */
export interface Draws<S extends Sample = Sample> {
  /** What the metric of the stable revision is in truth. */
  readonly stable: number
  /** No metric of this kind is so large. */
  readonly most: number
  /** A revision whose metric has this value in truth. */
  revision(value: number): MadeUp<S>
  /** How many of so many samples go to a revision with this share of the traffic. */
  divide(count: number, share: number, random: () => number): number
}

/** A made-up revision. */
export interface MadeUp<S extends Sample = Sample> {
  /** The numbers of so many samples when chance plays no part. */
  expected(count: number): S
  /** The numbers with so many more samples, drawn by chance. */
  more(sample: S, count: number, random: () => number): S
  /** Whether a test can use the numbers. */
  isEnough(sample: S): boolean
}
