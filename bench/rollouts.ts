import { type BenchResult, type BenchRow, median } from './bench.ts'
import { type Life, lives } from './rollouts/lives.ts'
import { plan } from './rollouts/plan.ts'
import { thresholdLife } from './rollouts/threshold-life.ts'

const stable = { errors: 0.01, accuracy: 0.95 }
const worse = { errors: 0.03, accuracy: 0.95 }

/**
 * Whole canaries of three steps and two gates, through the real loop: how many are turned back when the candidate equals the
 * stable revision, and when its errors rise by two points, and how many requests a bad candidate answered. Beside them
 * stands a fixed threshold.
 */
export async function run(flags: Readonly<Record<string, string>>): Promise<BenchResult> {
  const runs = Number(flags.runs ?? 2000)
  return {
    name: 'rollouts',
    rows: [
      ...(await rowsFor('equal at 1 %', runs, stable, { atMost: 5 })),
      ...(await rowsFor('1 % → 3 %', runs, worse, { atLeast: 95 })),
    ],
  }
}

async function rowsFor(
  what: string,
  runs: number,
  candidate: typeof stable,
  aim: NonNullable<BenchRow['aim']>,
): Promise<readonly BenchRow[]> {
  const ours: Life[] = []
  for await (const life of lives({ from: 0, to: runs }, { ...plan, stable, candidate })) ours.push(life)
  const share = (end: Life['end']): number => (100 * ours.filter((life) => life.end === end).length) / runs
  const truth = { stable: stable.errors, candidate: candidate.errors }
  const theirs = Array.from({ length: runs }, (_, place) =>
    thresholdLife(1000 + place, plan.perSecond, truth),
  )
  const thresholdBack = theirs.filter(({ turnedBack }) => turnedBack).length
  const rows: BenchRow[] = [
    { what: `${what}, turned back`, value: share('turned-back'), unit: '%', aim },
    { what: `${what}, left to a person undecided`, value: share('paused'), unit: '%' },
    { what: `${what}, turned back by a threshold`, value: (100 * thresholdBack) / runs, unit: '%' },
  ]
  if ('atMost' in aim) return rows
  const met = (lived: readonly { readonly met: number }[]): number => median(lived.map((life) => life.met))
  return [
    ...rows,
    { what: `${what}, users who met the bad revision, median`, value: met(ours), unit: 'requests' },
    { what: `${what}, the same with a threshold`, value: met(theirs), unit: 'requests' },
  ]
}
