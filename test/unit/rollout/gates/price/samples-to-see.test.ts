import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../../src/clock.ts'
import { chooseTest } from '../../../../../src/rollout/gates/choose-test.ts'
import { drawBinomial } from '../../../../../src/rollout/gates/price/draw-binomial.ts'
import { meanDraws } from '../../../../../src/rollout/gates/price/draws/mean-draws.ts'
import { proportionDraws } from '../../../../../src/rollout/gates/price/draws/proportion-draws.ts'
import {
  type Sought,
  samplesToSee,
  typicalSamples,
} from '../../../../../src/rollout/gates/price/samples-to-see.ts'

const sought: Sought = {
  draws: proportionDraws({ kind: 'proportion', bad: 5, total: 100 }),
  candidate: 0.15,
  compares: true,
  options: { aim: { margin: 0, detect: 0.1, basis: 0.05 }, share: 0.5 },
  side: 'above',
  level: 0.05,
  power: 0.8,
}

describe('the number of samples that a difference takes to be seen', () => {
  it('is enough in the promised share of runs, and not in many more', async () => {
    const samples = await samplesToSee(sought)
    const runs = 300
    let seen = 0
    for (let run = 0; run < runs; run += 1) if (isSeen(sought, samples, seededRandom(50_000 + run))) seen += 1
    expect(seen / runs).toBeGreaterThan(0.73)
    expect(seen / runs).toBeLessThan(0.87)
  })

  it('is the same each time, and grows with the power and when the share is small or the difference is', async () => {
    const samples = await samplesToSee(sought)
    expect(await samplesToSee(sought)).toBe(samples)
    expect(await samplesToSee({ ...sought, power: 0.95 })).toBeGreaterThan(samples)
    const uneven = { ...sought, options: { ...sought.options, share: 0.05 } }
    expect(await samplesToSee(uneven)).toBeGreaterThan(2 * samples)
    const finer: Sought = {
      ...sought,
      candidate: 0.08,
      options: { ...sought.options, aim: { margin: 0, detect: 0.03, basis: 0.05 } },
    }
    expect(await samplesToSee(finer)).toBeGreaterThan(4 * samples)
  })

  it('is about the same when most runs begin to look where the first ones have led', async () => {
    const { draws } = sought
    const hurried = { ...sought, draws: { ...draws, pace: { ...draws.pace, scouts: 60, phases: 16 } } }
    const times = (await samplesToSee(hurried)) / (await samplesToSee(sought))
    expect(times).toBeGreaterThan(0.9)
    expect(times).toBeLessThan(1.1)
  })

  it('is infinite when there is nothing to see', async () => {
    const nothing = { ...sought, candidate: 0.05 }
    expect(typicalSamples(nothing)).toBe(Number.POSITIVE_INFINITY)
    expect(await samplesToSee(nothing)).toBe(Number.POSITIVE_INFINITY)
  })

  it('is found for means with a deviation, and for a rule with a constant', async () => {
    const slower: Sought = {
      ...sought,
      draws: around100(50),
      candidate: 110,
      options: { aim: { margin: 0, detect: 10 }, share: 0.5 },
    }
    const noisier = { ...slower, draws: around100(100) }
    expect(await samplesToSee(noisier)).toBeGreaterThan(2 * (await samplesToSee(slower)))
    const constant: Sought = {
      ...sought,
      compares: false,
      options: { aim: { margin: 0.05, detect: 0.15 } },
    }
    expect(await samplesToSee(constant)).toBeLessThan(await samplesToSee(sought))
  })
})

/** Values around 100 with this deviation. */
function around100(deviation: number): Sought['draws'] {
  return meanDraws({ kind: 'moments', count: 1, sum: 100, sumSquares: 10_000 + deviation ** 2 })
}

describe('a drawn number of hits', () => {
  it.each([
    [10, 0.3],
    [5000, 0.001],
    [100_000, 0.4],
    [400, 0.97],
  ])('of %d samples has the mean and the spread of chance %d', (samples, share) => {
    const random = seededRandom(3)
    const times = 4000
    const drawn = Array.from({ length: times }, () => drawBinomial(samples, share, random))
    const mean = drawn.reduce((sum, each) => sum + each, 0) / times
    const variance = drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / times
    const wanted = samples * share * (1 - share)
    expect(Math.abs(mean - samples * share)).toBeLessThan(4 * Math.sqrt(wanted / times))
    expect(variance / wanted).toBeGreaterThan(0.9)
    expect(variance / wanted).toBeLessThan(1.1)
    expect(drawn.every((each) => Number.isInteger(each) && each >= 0 && each <= samples)).toBe(true)
  })
})

function isSeen(
  { draws, candidate: worse, options, side, level }: Sought,
  most: number,
  random: () => number,
): boolean {
  let [candidate, stable] = [
    { bad: 0, total: 0 },
    { bad: 0, total: 0 },
  ]
  const step = Math.max(1, Math.round(most / 60))
  for (let samples = step; samples <= most; samples += step) {
    const given = drawBinomial(step, options.share ?? 0.5, random)
    candidate = {
      bad: candidate.bad + drawBinomial(given, worse, random),
      total: candidate.total + given,
    }
    const rest = step - given
    stable = { bad: stable.bad + drawBinomial(rest, draws.stable, random), total: stable.total + rest }
    if (candidate.total === 0 || stable.total === 0) continue
    const test = chooseTest({ kind: 'proportion', ...candidate }, { kind: 'proportion', ...stable }, options)
    if (test !== undefined && test.comparison[side](options.aim.margin) > -Math.log(level)) return true
  }
  return false
}
