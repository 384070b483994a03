/** The result of every benchmark: the numbers of one run. They are ratios whenever there is a comparison. */

export interface BenchRow {
  /** The name of the measurement, and what it is compared with. */
  readonly what: string
  readonly value: number
  /** `×` for a ratio, otherwise the unit of the number: `/s`, `bytes`, `µs`. */
  readonly unit: string
  /** Left out when the number is only for information. */
  readonly aim?: { readonly atMost: number } | { readonly atLeast: number }
}

export interface BenchResult {
  readonly name: string
  readonly rows: readonly BenchRow[]
}

/**
 * Every file `bench/<name>.ts` exports this function as `run`, except this file, `child.ts` and `main.ts`. Its
 * argument is what the command line gave as `--name=value`.
 */
export type Run = (flags: Readonly<Record<string, string>>) => Promise<BenchResult>

/** Whether the row meets its aim. Undefined when the row has no aim. */
export function isMet({ value, aim }: BenchRow): boolean | undefined {
  if (aim === undefined) return undefined
  return 'atMost' in aim ? value <= aim.atMost : value >= aim.atLeast
}

/** The middle value. For an even number of values, the mean of the two middle values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

/** The value below which this part of the values lies: 99 for the 99th percentile. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN
}
