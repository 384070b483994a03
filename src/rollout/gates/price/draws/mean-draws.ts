import type { Sample } from '../../evidence/sample.ts'
import { drawBinomial, drawNormal } from '../draw-binomial.ts'
import { closely, type Draws, type MadeUp } from './draws.ts'

type Moments = Extract<Sample, { kind: 'moments' }>

/** Sums of single values. A revision that is worse has another mean, and its values spread alike. */
export function meanDraws({ count, sum, sumSquares }: Moments): Draws<Moments> {
  const stable = sum / count
  const deviation = Math.sqrt(Math.max(0, sumSquares / count - stable * stable))
  return {
    stable,
    most: Number.POSITIVE_INFINITY,
    counts: 'samples',
    pace: closely,
    revision: (mean) => withMean(mean, deviation),
    divide: drawBinomial,
  }
}

function withMean(mean: number, deviation: number): MadeUp<Moments> {
  return {
    expected: (count) => ({
      kind: 'moments',
      count,
      sum: count * mean,
      sumSquares: count * (mean * mean + deviation * deviation),
    }),
    more(sample, count, random) {
      if (count === 0) return sample
      const sum = count * mean + Math.sqrt(count) * deviation * drawNormal(random)
      return {
        ...sample,
        count: sample.count + count,
        sum: sample.sum + sum,
        sumSquares: sample.sumSquares + 2 * mean * sum - count * mean * mean + count * deviation ** 2,
      }
    },
    isEnough: ({ count }) => count > 1,
  }
}
