import type { Sample } from '../../evidence/sample.ts'

/** How samples of one kind are made up for a price, from what the stable revision's metric was lately. Less is better. */
export interface Draws<S extends Sample = Sample> {
  /** What the metric of the stable revision is in truth. */
  readonly stable: number
  /** No metric of this kind is so large. */
  readonly most: number
  /** Absent where samples can show of each place that a value is larger. They can only for places below this otherwise. */
  readonly shownBelow?: number
  /** What the numbers of this kind grow with. */
  readonly counts: 'samples' | 'seconds'
  readonly pace: LookPace
  /** A revision whose metric has this value in truth. */
  revision(value: number): MadeUp<S>
  /** How much of so many samples, or of so much time, is that of a revision with this share of the traffic. */
  divide(count: number, share: number, random: () => number): number
}

/** A made-up revision. */
export interface MadeUp<S extends Sample = Sample> {
  /** The numbers of so many samples or seconds when chance plays no part. */
  expected(count: number): S
  /** The numbers with so many more samples or seconds, drawn by chance. */
  more(sample: S, count: number, random: () => number): S
  /** Whether a test can use the numbers. */
  isEnough(sample: S): boolean
}

/** How closely runs look, and how many there are. It depends on what a look costs. */
export interface LookPace {
  /** The more runs, the nearer is the promise: with 800, the share of runs that keep it is off by some 1 point. */
  readonly runs: number
  /** Where looks begin, as a part of the typical number. Runs that show it earlier count for no power that a gate may have. */
  readonly earliest: number
  /** Each look has so many times the samples of the last one. */
  readonly growth: number
  /** After so many runs, the others begin to look where few of those had shown it. */
  readonly scouts: number
  /** Runs begin at so many places between the first look and the second, so that they do not all end at the same few places. */
  readonly phases: number
  /** Some 3 ms of work. */
  readonly runsInTurn: number
}

/** For tests that cost little: more looks would change little. */
export const closely: LookPace = {
  runs: 800,
  earliest: 0.35,
  growth: 1.03,
  scouts: 800,
  phases: 1,
  runsInTurn: 6,
}
