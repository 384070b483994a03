import { seededRandom } from '../src/clock.ts'
import { compareMean } from '../src/rollout/gates/evidence/asymptotic-means.ts'
import type { BenchResult, BenchRow } from './bench.ts'

/** Of the logarithms of the values. Latencies often have 0.6, and 1.5 is far more skewed than most metrics are. 2 is beyond what these sums can bear. */
const deviations = [0.6, 1, 1.5, 2]
const most = 4000
const shown = Math.log(20)

/**
 * How often the mean of skewed values is falsely shown to lie on one side of a constant, at all looks together. The evidence is
 * that of 5 %.
 */
export async function run(flags: Readonly<Record<string, string>>): Promise<BenchResult> {
  const runs = Number(flags.runs ?? 500)
  const rows: BenchRow[] = []
  for (const deviation of deviations) {
    for (const side of ['above', 'below'] as const) {
      let falsely = 0
      for (let seed = 1; seed <= runs; seed += 1) if (isShown(deviation, side, seed)) falsely += 1
      rows.push({
        what: `log-normal values, deviation ${deviation}, falsely ${side}`,
        value: (100 * falsely) / runs,
        unit: '%',
        ...(deviation < 2 && { aim: { atMost: 5 } }),
      })
    }
  }
  return { name: 'skew', rows }
}

function isShown(deviation: number, side: 'above' | 'below', seed: number): boolean {
  const random = seededRandom(seed)
  const truth = Math.exp((deviation * deviation) / 2)
  const aim = { margin: truth, detect: 1.1 * truth }
  const moments = { count: 0, sum: 0, sumSquares: 0 }
  while (moments.count < most) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    const value = Math.exp(deviation * normal)
    moments.count += 1
    moments.sum += value
    moments.sumSquares += value * value
    if (moments.count % 20 === 0 && compareMean(moments, aim)[side](truth) > shown) return true
  }
  return false
}
