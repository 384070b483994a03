import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Aim, Comparison } from '../../../../../src/rollout/gates/evidence/comparison.ts'
import { intervalOf } from '../../../../../src/rollout/gates/evidence/interval.ts'

/** Logarithms of the evidence at some margins. What is infinite is a word, because JSON has no such number. */
export type Evidence = readonly (readonly [margin: number, logEvidence: number | string])[]

/** Evidence for both claims. */
export interface BothSides {
  readonly above: Evidence
  readonly below: Evidence
}

/** One setting with its golden numbers. `test/live/golden-numbers` computes them. */
export interface GoldenRow<Measured> extends BothSides {
  readonly name: string
  readonly candidate: Measured
  readonly stable?: Measured
  readonly share: number
  readonly aim: Aim
}

/** An interval of confseq for the same data, at 2.5 % on each side, and what was true. */
export interface OtherInterval {
  readonly truth: number
  readonly interval: readonly [low: number, high: number]
}

export function goldenRows<Row>(method: string): readonly Row[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, `fixtures/${method}.json`), 'utf8'))
}

/** By how much two computations of the same formula may differ, as a part of the number or, below 1, in all. */
const precision = 1e-9

/** Expects the numbers of the same formula. Where ours is a bound of them, it may be lower by `lower`. */
export function expectGolden(comparison: Comparison, golden: BothSides, lower = 0): void {
  for (const [told, ours, theirs] of pairsOf(comparison, golden)) {
    if (Number.isFinite(theirs)) {
      const allowed = precision * Math.max(1, Math.abs(theirs))
      expect(ours, told).toBeLessThanOrEqual(theirs + allowed)
      expect(ours, told).toBeGreaterThanOrEqual(theirs - lower - allowed)
    } else {
      expect(ours, told).toBe(theirs)
    }
  }
}

/** Our number and the golden one, at each margin of both sides. */
export function pairsOf(
  comparison: Comparison,
  golden: BothSides,
): readonly (readonly [told: string, ours: number, theirs: number])[] {
  return (['above', 'below'] as const).flatMap((side) =>
    golden[side].map(
      ([margin, evidence]) => [`${side} ${margin}`, comparison[side](margin), Number(evidence)] as const,
    ),
  )
}

/** Expects that both intervals hold the truth, and that ours is not wider than so many times the other one. */
export function expectInterval(
  comparison: Comparison,
  { truth, interval: [low, high] }: OtherInterval,
  times: number,
  [least, most]: readonly [number, number],
): void {
  const ours = intervalOf(comparison, { alpha: 0.025, beta: 0.025 }, { least, most })
  for (const each of [ours, { low, high }]) {
    expect(each.low).toBeLessThanOrEqual(truth)
    expect(each.high).toBeGreaterThanOrEqual(truth)
  }
  expect(ours.high - ours.low).toBeLessThanOrEqual(times * (high - low))
}
