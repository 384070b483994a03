import type { Sample } from '../../evidence/sample.ts'
import { drawBinomial } from '../draw-binomial.ts'
import { closely, type Draws, type MadeUp } from './draws.ts'

type Proportion = Extract<Sample, { kind: 'proportion' }>

/** Each sample is bad or not. A revision that is worse has a larger share of bad ones. */
export function proportionDraws({ bad, total }: Proportion): Draws<Proportion> {
  return {
    stable: bad / total,
    most: 1,
    counts: 'samples',
    pace: closely,
    revision: withShare,
    divide: drawBinomial,
  }
}

function withShare(share: number): MadeUp<Proportion> {
  return {
    expected: (count) => ({ kind: 'proportion', bad: count * share, total: count }),
    more: (sample, count, random) => ({
      ...sample,
      bad: sample.bad + drawBinomial(count, share, random),
      total: sample.total + count,
    }),
    isEnough: ({ total }) => total > 0,
  }
}
