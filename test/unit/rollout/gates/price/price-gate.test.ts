import { describe, expect, it } from 'vitest'
import type { AnalysisGate } from '../../../../../src/resources/deployment/model-deployment.ts'
import type { GatePrice, PricedGate } from '../../../../../src/rollout/gates/price/gate-price.ts'
import { priceGate } from '../../../../../src/rollout/gates/price/price-gate.ts'
import type { MetricReading } from '../../../../../src/telemetry/contract.ts'

const errors: AnalysisGate = {
  name: 'errors',
  metric: 'requests.errors',
  source: 'plane',
  minSamples: 1,
  pass: { noWorseThan: 'stable', by: 0.02, better: 'lower' },
  noData: 'pause',
  onError: 'pause',
  detect: 0.06,
}

const hour = { fromMs: 0, toMs: 3_600_000 }
/** 2 % of 36,000 requests an hour. */
const lately: MetricReading = { kind: 'ratio', hits: 720, total: 36_000, covered: hour }
/** Enough for laws that do not ask for the exact number. */
const fewRuns = 60

interface Given {
  readonly gate?: Partial<AnalysisGate>
  readonly reading?: MetricReading | string
  readonly weight?: number
  readonly minutes?: number
  readonly stableWeight?: number
  readonly delayMs?: number
}

function priced(given: Given = {}): Promise<GatePrice> {
  const { gate = {}, reading = lately, weight = 25, minutes = 60, stableWeight = 100, delayMs = 0 } = given
  const at = { gate: { ...errors, ...gate }, step: 1, weight, forMs: minutes * 60_000, alpha: 0.025 }
  const known = typeof reading === 'string' ? reading : { reading, weight: stableWeight, delayMs }
  return priceGate(at, known, fewRuns)
}

async function numbers(given?: Given): Promise<PricedGate> {
  const price = await priced(given)
  if (price.kind !== 'known') throw new Error(price.message)
  return price
}

describe('the price of a gate', () => {
  it('is told in samples and minutes, by the rate of the traffic and the weight of the step', async () => {
    const price = await numbers()
    expect(price).toMatchObject({ gate: 'errors', step: 1, weight: 25, base: 0.02, detect: 0.06, power: 0.9 })
    expect(price.samplesPerMinute).toBe(600)
    const { samples = 0, candidateSamples = 0, minutes = 0 } = price.toSee ?? {}
    expect(samples).toBeGreaterThan(500)
    expect(candidateSamples).toBe(Math.ceil(samples / 4))
    expect(minutes).toBeCloseTo(samples / 600, 1)
    expect(price.warnings).toEqual([])
  })

  it('says how late the samples of its source come', async () => {
    const [late, prompt] = [await numbers({ delayMs: 180_000 }), await numbers()]
    expect(late).toMatchObject({ delayMinutes: 3, toSee: prompt.toSee, toPass: prompt.toPass })
    expect(late.message).toBe(
      `${prompt.message}; its numbers come 3 minutes late, and so does what they show`,
    )
    expect(prompt.delayMinutes).toBe(0)
    expect(late.warnings).toEqual(prompt.warnings)
  })

  it('takes the share of the stable revision out of the rate', async () => {
    expect((await numbers({ stableWeight: 50 })).samplesPerMinute).toBe(1200)
  })

  it('counts the samples of the candidate alone for a rule with a constant', async () => {
    const gate = { pass: { atMost: 0.04 }, detect: 0.06 }
    const [few, more] = [await numbers({ gate, weight: 10 }), await numbers({ gate, weight: 50 })]
    expect(few.toSee?.samples).toBe(more.toSee?.samples)
    expect(few.toSee?.candidateSamples).toBe(few.toSee?.samples)
    expect((few.toSee?.minutes ?? 0) / (more.toSee?.minutes ?? 0)).toBeCloseTo(5, 5)
    expect(few.detect).toBeCloseTo(0.06, 9)
  })

  it('asks for the samples that the gate wants at least', async () => {
    const price = await numbers({ gate: { minSamples: 5000 } })
    expect(price.toSee?.samples).toBe(20_000)
    expect(price.toPass?.samples).toBe(20_000)
  })

  it('is the same for a metric of which more is better', async () => {
    const accuracy = { pass: { noWorseThan: 'stable', by: 0.02, better: 'higher' } } as const
    const reading: MetricReading = { kind: 'ratio', hits: 35_280, total: 36_000, covered: hour }
    const [up, down] = [await numbers({ gate: accuracy, reading }), await numbers()]
    expect(up.base).toBe(0.98)
    expect(up.toSee?.samples ?? 0).toBeCloseTo(down.toSee?.samples ?? 1, -2)
    expect(up.message).toContain('0.06 less than stable is seen in 90 % of cases')
  })

  it('is found for a mean from the spread of the values', async () => {
    const mean = (deviation: number): MetricReading => {
      const count = 36_000
      return {
        kind: 'distribution',
        count,
        sum: 100 * count,
        sumSquares: (10_000 + deviation ** 2) * count,
        covered: hour,
      }
    }
    const gate = { detect: 20, pass: { noWorseThan: 'stable', by: 10, better: 'lower' } } as const
    const [quiet, loud] = [
      await numbers({ gate, reading: mean(50) }),
      await numbers({ gate, reading: mean(100) }),
    ]
    expect(loud.toSee?.samples).toBeGreaterThan(2.5 * (quiet.toSee?.samples ?? 0))
  })

  it('tells what difference is seen in the time that there is: less in a longer one', async () => {
    const [short, long] = [await numbers({ minutes: 2 }), await numbers({ minutes: 60 })]
    expect(short.seenInWindow).toBeGreaterThan(long.seenInWindow ?? 1)
    expect(short.seenInLongest).toBeLessThan(short.seenInWindow ?? 0)
    const exact = await numbers({ minutes: (await numbers()).toSee?.minutes ?? 0 })
    expect(exact.seenInWindow).toBeCloseTo(0.06, 3)
  })

  it('sees nothing before there are the samples that the gate wants', async () => {
    expect(await numbers({ gate: { minSamples: 5000 }, minutes: 4 })).not.toHaveProperty('seenInWindow')
  })
})

describe('the warnings of a price', () => {
  it('tell a gate that cannot see in its time, with the weight, the window and the difference that would do', async () => {
    const gate = { undecided: 'pass' } as const
    const price = await numbers({ gate, weight: 5, minutes: 10 })
    const { toSee, weightThatDoes = 0 } = price
    expect(toSee?.minutes).toBeGreaterThan(10)
    expect(price.warnings).toEqual([
      expect.stringMatching(
        /^gate "errors" in step 2, at 5 % of traffic: it cannot see 0\.06 more than stable in its time, because 10 minutes is less than the \d+ minutes that this takes\. What would do: a weight of \d+ %, a window of \d+ minutes or a detect of 0\.\d+$/,
      ),
    ])
    expect((await numbers({ gate, weight: weightThatDoes, minutes: 10 })).warnings).toEqual([])
    expect((await numbers({ gate, weight: 5, minutes: toSee?.minutes ?? 0 })).warnings).toEqual([])
  })

  it('count the time of an extension, for a gate that asks for it', async () => {
    const { toPass } = await numbers()
    const minutes = 0.7 * (toPass?.minutes ?? 0)
    expect((await numbers({ minutes })).warnings).toEqual([])
    expect((await numbers({ minutes, gate: { maxFor: '1s' } })).warnings).not.toEqual([])
    expect((await numbers({ minutes, gate: { undecided: 'pause' } })).warnings).toEqual([
      expect.stringMatching(/a revision that is as good as the stable one is not surely shown to be so/),
    ])
  })

  it('tell that a gate without a margin passes only a better revision, and what to write', async () => {
    const pass = { noWorseThan: 'stable', by: 0, better: 'lower' } as const
    const price = await numbers({ gate: { pass } })
    expect(price).not.toHaveProperty('toPass')
    expect(price.warnings).toEqual([
      expect.stringMatching(
        /with by: 0 it passes only when .* better .* such as by: 0\.03, or undecided: pass$/,
      ),
    ])
    expect((await numbers({ gate: { pass, undecided: 'pass' } })).warnings).toEqual([])
  })

  it('tell that the stable revision itself breaks the rule', async () => {
    const { warnings } = await numbers({ gate: { pass: { atMost: 0.01 }, detect: 0.02 } })
    expect(warnings).toEqual([
      expect.stringMatching(/does not meet the rule, because its requests\.errors is 0\.02\./),
    ])
  })

  it('tell a difference that cannot be', async () => {
    const price = await numbers({ gate: { detect: 0.99 } })
    expect(price).not.toHaveProperty('toSee')
    expect(price.warnings).toEqual([
      expect.stringMatching(/no number of samples shows 0\.99 more than stable\. Write a smaller detect$/),
    ])
  })
})

describe('a gate without a price', () => {
  const latency: Partial<AnalysisGate> = {
    pass: { noWorseThan: 'stable', by: 10, better: 'lower' },
    detect: 50,
  }
  const p95 = (counts: readonly number[]): MetricReading => ({
    kind: 'histogram',
    quantile: 0.95,
    bounds: [100, 200],
    counts,
    covered: hour,
  })

  it.each<[string, Given, RegExp]>([
    ['compares plain numbers', { gate: { compare: 'raw' } }, /as the gate asks \(compare: raw\)/],
    [
      'has a source without samples',
      { reading: { kind: 'value', value: 0.1, covered: hour } },
      /comes without samples that a test can use/,
    ],
    [
      'has no data yet',
      { reading: { kind: 'no-data' } },
      /not known yet, because requests\.errors .* last hour$/,
    ],
    ['has no samples yet', { reading: { ...lately, hits: 0, total: 0 } as MetricReading }, /not known yet/],
    ['could not be read', { reading: 'it is down' }, /could not be read: it is down$/],
    [
      'watches a quantile that its histogram does not show',
      { gate: latency, reading: p95([900, 10, 90]) },
      /no price can be told, because the quantile of the stable revision lies above all bounds .* is 200, so nobody knows it: give the histogram larger bounds$/,
    ],
    [
      'has no event yet',
      { gate: latency, reading: { kind: 'events', events: 0, exposureMs: 3_600_000, covered: hour } },
      /^errors: the price is not known yet, because the last hour of the stable revision has no event of requests\.errors, so nobody knows how often one comes$/,
    ],
    ['has no traffic at its step', { weight: 0 }, /^errors: at 0 % of traffic/],
    [
      'compares events and has all traffic at its step',
      { weight: 100, reading: { kind: 'events', events: 900, exposureMs: 3_600_000, covered: hour } },
      /^errors: at 100 % of traffic/,
    ],
  ])('says why when it %s', async (_, given, why) => {
    const price = await priced(given)
    expect(price).toMatchObject({ kind: 'unknown', warnings: [], windowMinutes: 60 })
    expect(price.message).toMatch(why)
  })
})
