import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../../src/clock.ts'
import type { AnalysisGate } from '../../../../../src/resources/deployment/model-deployment.ts'
import { chooseTest } from '../../../../../src/rollout/gates/choose-test.ts'
import type { Sample } from '../../../../../src/rollout/gates/evidence/sample.ts'
import { drawBinomial, drawNormal } from '../../../../../src/rollout/gates/price/draw-binomial.ts'
import { cellsDrawn } from '../../../../../src/rollout/gates/price/draws/draw-cells.ts'
import type { PricedGate } from '../../../../../src/rollout/gates/price/gate-price.ts'
import { priceGate } from '../../../../../src/rollout/gates/price/price-gate.ts'
import type { HistogramReading } from '../../../../../src/telemetry/contract.ts'

const hour = { fromMs: 0, toMs: 3_600_000 }
const bounds = [
  20, 30, 40, 50, 60, 80, 100, 120, 140, 160, 180, 200, 240, 280, 320, 400, 500, 700, 1000, 2000,
]

const slower: AnalysisGate = {
  name: 'latency',
  metric: 'requests.latency.p95',
  source: 'plane',
  minSamples: 1,
  pass: { noWorseThan: 'stable', by: 20, better: 'lower' },
  noData: 'pause',
  onError: 'pause',
  detect: 100,
}

/** Log-normal latencies: the 95th percentile is 200 ms. */
function latencies(count: number, times: number, random: () => number): readonly number[] {
  const counts = [...bounds.map(() => 0), 0]
  for (let each = 0; each < count; each += 1) {
    const value = times * 200 * Math.exp(0.5 * (drawNormal(random) - 1.6449))
    const cell = bounds.findIndex((bound) => value <= bound)
    const place = cell < 0 ? bounds.length : cell
    counts[place] = (counts[place] ?? 0) + 1
  }
  return counts
}

const lately: HistogramReading = {
  kind: 'histogram',
  quantile: 0.95,
  bounds,
  counts: latencies(36_000, 1, seededRandom(5)),
  covered: hour,
}

interface Given {
  readonly gate?: Partial<AnalysisGate>
  readonly reading?: HistogramReading
  readonly weight?: number
  readonly minutes?: number
  readonly runs?: number
}

async function priced({
  gate,
  reading = lately,
  weight = 25,
  minutes = 60,
  runs = 60,
}: Given = {}): Promise<PricedGate> {
  const at = { gate: { ...slower, ...gate }, step: 1, weight, forMs: minutes * 60_000, alpha: 0.025 }
  const price = await priceGate(at, { reading, weight: 100, delayMs: 0 }, runs)
  if (price.kind !== 'known') throw new Error(price.message)
  return price
}

describe('the price of a quantile', () => {
  it('is told like that of other samples', async () => {
    const price = await priced()
    expect(price).toMatchObject({
      counts: 'samples',
      detect: 100,
      power: 0.9,
      samplesPerMinute: 600,
      warnings: [],
    })
    expect(price.base).toBeGreaterThan(195)
    expect(price.base).toBeLessThan(205)
    expect(price.message).toMatch(
      /^latency at 25 % of traffic, where stable has \d+\.?\d* and all traffic gives 600 samples a minute: 100 more than stable is seen in 90 % of cases within \d+ samples \(\d+ of the new revision\), which take \d+ \w+; a revision like the stable one is shown to meet the rule within \d+ samples/,
    )
    const { samples = 0, candidateSamples = 0, minutes = 0 } = price.toSee ?? {}
    expect(candidateSamples).toBe(Math.ceil(samples / 4))
    expect(minutes).toBe(samples / 600)
  })

  it('is enough for log-normal latencies in the promised share of runs, and not in many more', async () => {
    const { toSee, base } = await priced({ runs: 300 })
    const runs = 150
    const options = { aim: { margin: 20, detect: 100, basis: base }, share: 0.25 }
    const drawMore = [300 / 200, 1].map((times) => cellsDrawn(latencies(50_000, times, seededRandom(11))))
    const [ours, theirs] = drawMore as [(typeof drawMore)[0], (typeof drawMore)[0]]
    const isSeen = (random: () => number): boolean => {
      const step = Math.ceil((toSee?.samples ?? 0) / 20)
      let [candidate, stable] = [cells([...bounds.map(() => 0), 0]), cells([...bounds.map(() => 0), 0])]
      for (let look = 0; look < 20; look += 1) {
        const given = drawBinomial(step, 0.25, random)
        candidate = cells(ours(candidate.counts, given, random))
        stable = cells(theirs(stable.counts, step - given, random))
        const enough = -Math.log(0.025 * 0.97)
        const test = chooseTest(candidate, stable, options)
        if (test !== undefined && test.comparison.above(20, enough) > enough) return true
      }
      return false
    }
    let seen = 0
    for (let run = 0; run < runs; run += 1) if (isSeen(seededRandom(70_000 + run))) seen += 1
    expect(seen / runs).toBeGreaterThan(0.83)
    expect(seen / runs).toBeLessThan(0.97)
  })

  it('falls as the difference grows, and grows with the power', async () => {
    const usual = (await priced()).toSee?.samples ?? 0
    expect((await priced({ gate: { detect: 200 } })).toSee?.samples).toBeLessThan(usual / 1.5)
    expect((await priced({ gate: { power: 0.99 } })).toSee?.samples).toBeGreaterThan(usual)
  })

  it('is found for a rule with a constant, by the samples of the candidate alone', async () => {
    const gate = { pass: { atMost: 250 }, detect: 100 }
    const [few, more] = [await priced({ gate, weight: 10 }), await priced({ gate, weight: 50 })]
    expect(few.toSee?.samples).toBe(more.toSee?.samples)
    expect(few.toSee?.candidateSamples).toBe(few.toSee?.samples)
    expect(few.toSee?.minutes).toBeCloseTo(5 * (more.toSee?.minutes ?? 0), 9)
    expect(few.toPass).toBeDefined()
  })

  it('is found where more is better', async () => {
    const gate = { pass: { noWorseThan: 'stable', by: 10, better: 'higher' }, detect: 40 } as const
    const price = await priced({ gate, reading: { ...lately, quantile: 0.5 } })
    expect(price.message).toContain('40 less than stable is seen in 90 % of cases within')
    expect(price.toSee?.samples).toBeGreaterThan(50)
    const impossible = await priced({ gate: { ...gate, detect: 500 }, reading: { ...lately, quantile: 0.5 } })
    expect(impossible.warnings).toEqual([
      expect.stringMatching(/no number of samples shows 500 less than stable\. Write a smaller detect$/),
    ])
  })

  it('is told for a difference that lies beyond the bounds, because more samples lie there then', async () => {
    const price = await priced({ gate: { detect: 2500 } })
    expect(price.toSee?.samples).toBeGreaterThan(10)
    expect(price.toSee?.samples).toBeLessThan((await priced()).toSee?.samples ?? 0)
  })

  it('is none for a rule that no sample can break, and says what would do', async () => {
    const { toSee, toPass, warnings } = await priced({ gate: { pass: { atMost: 2500 }, detect: 100 } })
    expect(toSee).toBeUndefined()
    expect(toPass).toBeDefined()
    expect(warnings).toEqual([
      expect.stringMatching(
        /no number of samples shows 100 more than the bound\. The values that break its rule lie beyond the bounds of its histogram\. Give the histogram more bounds$/,
      ),
    ])
  })

  it('warns of a gate that cannot see in its time, with the weight, the window and the difference that would do', async () => {
    const gate = { undecided: 'pass' } as const
    const price = await priced({ gate, weight: 5, minutes: 6 })
    const { toSee, weightThatDoes = 0, seenInLongest = 0 } = price
    expect(price.warnings).toEqual([
      expect.stringMatching(
        /^gate "latency" in step 2, at 5 % of traffic: it cannot see 100 more than stable in its time, because 6 minutes is less than the \d+ minutes that this takes\. What would do: a weight of \d+ %, a window of \d+ minutes or a detect of \d+$/,
      ),
    ])
    expect((await priced({ gate, weight: weightThatDoes, minutes: 6 })).warnings).toEqual([])
    expect((await priced({ gate, weight: 5, minutes: toSee?.minutes ?? 0 })).warnings).toEqual([])
    expect(
      (await priced({ gate: { ...gate, detect: 1.1 * seenInLongest }, weight: 5, minutes: 6 })).warnings,
    ).toEqual([])
  })
})

function cells(counts: readonly number[]): Extract<Sample, { kind: 'cells' }> {
  return { kind: 'cells', quantile: 0.95, bounds, counts }
}
