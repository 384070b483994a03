import type { BenchResult, BenchRow } from './bench.ts'
import { costs } from './gates/costs.ts'
import { errorCourse, ourTest, threshold as pointMore, zTest } from './gates/error-judges.ts'
import { latencyCourse, ours as ourLatencies, threshold as tenthMore } from './gates/latency-judges.ts'
import { type Outcome, race } from './gates/races.ts'

interface Aims {
  readonly turnedBack: { readonly atMost: number } | { readonly atLeast: number }
  readonly median?: number
}

interface Pair {
  readonly stable: number
  readonly candidate: number
  readonly aims: Aims
}

const errors: readonly Pair[] = [
  { stable: 0.01, candidate: 0.01, aims: { turnedBack: { atMost: 5 } } },
  { stable: 0.05, candidate: 0.05, aims: { turnedBack: { atMost: 5 } } },
  { stable: 0.01, candidate: 0.03, aims: { turnedBack: { atLeast: 100 }, median: 530 } },
  { stable: 0.01, candidate: 0.05, aims: { turnedBack: { atLeast: 100 }, median: 220 } },
  { stable: 0.05, candidate: 0.07, aims: { turnedBack: { atLeast: 95 }, median: 2000 } },
]

/** 95th percentiles of log-normal latencies, in milliseconds. */
const latencies: readonly Pair[] = [
  { stable: 200, candidate: 200, aims: { turnedBack: { atMost: 5 } } },
  { stable: 200, candidate: 260, aims: { turnedBack: { atLeast: 100 } } },
]

/**
 * How often and how soon a candidate is turned back for its errors or its latency: by the test of a gate with `by: 0`, by a plain
 * threshold and, for errors, by a z-test at each look and by the test of a gate that allows a point. The same seeded requests for all: 2,000 runs, 6,000 requests a
 * revision, a look every 10. Then what a judgement costs.
 */
export async function run(flags: Readonly<Record<string, string>>): Promise<BenchResult> {
  const options = { runs: Number(flags.runs ?? 2000), most: 6000, every: 10, before: 2000 }
  const rows: BenchRow[] = []
  for (const pair of errors) {
    const judges = {
      ours: ourTest(0),
      'our test with by: 0.01': ourTest(0.01),
      'threshold of 1 point': pointMore,
      'z-test at each look': zTest,
    }
    const what = `${percent(pair.stable)} → ${percent(pair.candidate)}`
    rows.push(...rowsOf(what, pair, race(errorCourse(pair), judges, options)))
  }
  for (const pair of latencies) {
    const judges = { ours: ourLatencies, 'threshold of a tenth': tenthMore }
    const what = `p95 of ${pair.stable} → ${pair.candidate} ms`
    rows.push(...rowsOf(what, pair, race(latencyCourse(pair), judges, options)))
  }
  return { name: 'gates', rows: [...rows, ...costs()] }
}

function rowsOf(
  what: string,
  { stable, candidate, aims }: Pair,
  outcomes: Readonly<Record<string, Outcome>>,
): readonly BenchRow[] {
  return Object.entries(outcomes).flatMap(([name, { turnedBack, median }]) => {
    const isOurs = name === 'ours'
    const who = `${what}, ${isOurs ? 'our test' : name}`
    const share: BenchRow = {
      what: `${who}, turned back`,
      value: 100 * turnedBack,
      unit: '%',
      ...(isOurs && { aim: aims.turnedBack }),
    }
    if (candidate === stable) return [share]
    const half: BenchRow = {
      what: `${who}, median`,
      value: median,
      unit: 'requests',
      ...(isOurs && aims.median !== undefined && { aim: { atMost: aims.median } }),
    }
    return [share, half]
  })
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
