/** What every benchmark here gives: numbers of one run, ratios wherever there is something to compare with. */

export interface BenchRow {
  /** What was measured, and against what. */
  readonly what: string
  readonly value: number
  /** `×` for a ratio, else what is counted: `/s`, `bytes`, `µs`. */
  readonly unit: string
  /** Left out where the number is for information. */
  readonly aim?: { readonly atMost: number } | { readonly atLeast: number }
}

export interface BenchResult {
  readonly name: string
  readonly rows: readonly BenchRow[]
}

/** Every file `bench/<name>.ts` but this and `main.ts` exports this as `run`. */
export type Run = () => Promise<BenchResult>

/** Undefined when there is no aim. */
export function isMet({ value, aim }: BenchRow): boolean | undefined {
  if (aim === undefined) return undefined
  return 'atMost' in aim ? value <= aim.atMost : value >= aim.atLeast
}

/** Of an odd number of values the one in the middle, else the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}
