import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../../src/clock.ts'
import type { AnalysisGate } from '../../../../../src/resources/deployment/model-deployment.ts'
import { chooseTest } from '../../../../../src/rollout/gates/choose-test.ts'
import type { Lately, PricedGate } from '../../../../../src/rollout/gates/price/gate-price.ts'
import { priceGate } from '../../../../../src/rollout/gates/price/price-gate.ts'
import { ofAllTraffic } from '../../../../../src/rollout/gates/whole-traffic.ts'
import type { EventsReading } from '../../../../../src/telemetry/contract.ts'

const crashes: AnalysisGate = {
  name: 'crashes',
  metric: 'shop.crashes',
  source: 'shop',
  minSamples: 1,
  pass: { noWorseThan: 'stable', by: 0.1, better: 'lower' },
  noData: 'pause',
  onError: 'pause',
  detect: 0.5,
}

/** Half an event a second. */
const lately: EventsReading = {
  kind: 'events',
  events: 1800,
  exposureMs: 3_600_000,
  covered: { fromMs: 0, toMs: 3_600_000 },
}

interface Given extends Partial<Lately> {
  readonly gate?: Partial<AnalysisGate>
  readonly step?: number
  readonly minutes?: number
  readonly runs?: number
}

async function priced({
  gate,
  step = 25,
  minutes = 60,
  runs = 60,
  ...given
}: Given = {}): Promise<PricedGate> {
  const at = { gate: { ...crashes, ...gate }, step: 1, weight: step, forMs: minutes * 60_000, alpha: 0.025 }
  const price = await priceGate(at, { reading: lately, weight: 100, delayMs: 0, ...given }, runs)
  if (price.kind !== 'known') throw new Error(price.message)
  return price
}

describe('the price of events', () => {
  it('is told in time, with the events that come in it', async () => {
    const price = await priced()
    expect(price).toMatchObject({
      counts: 'events',
      base: 0.5,
      samplesPerMinute: 30,
      detect: 0.5,
      warnings: [],
    })
    const { samples = 0, candidateSamples = 0, minutes = 0 } = price.toSee ?? {}
    expect(samples).toBe(Math.ceil(30 * minutes))
    expect(candidateSamples).toBe(Math.ceil(samples / 4))
    expect(price.message).toMatch(
      /^crashes at 25 % of traffic, where stable has 0\.5 events a second with all traffic: 0\.5 events a second more than stable is seen in 90 % of cases within \d+ minutes, in which the stable revision with all traffic has some \d+ events; a revision like the stable one is shown to meet the rule within \d+ minutes, in which/,
    )
  })

  it('is enough in the promised share of runs, and not in many more', async () => {
    const minutes = (await priced({ runs: 800 })).toSee?.minutes ?? 0
    const runs = 400
    const share = 0.25
    let seen = 0
    for (let run = 0; run < runs; run += 1) {
      const random = seededRandom(90_000 + run)
      const [ours, theirs] = [
        times(1.0 * share, 60 * minutes, random),
        times(0.5 * (1 - share), 60 * minutes, random),
      ]
      for (let look = 1; look <= 40; look += 1) {
        const seconds = (60 * minutes * look) / 40
        const [candidate, stable] = [ours, theirs].map(
          (all): EventsReading => ({
            ...lately,
            events: all.filter((at) => at <= seconds).length,
            exposureMs: 1000 * seconds,
          }),
        )
        if (isSeen(candidate, stable, share)) {
          seen += 1
          break
        }
      }
    }
    expect(seen / runs).toBeGreaterThan(0.85)
    expect(seen / runs).toBeLessThan(0.95)
  })

  it('takes the share of the stable revision out of the rate', async () => {
    const halved = await priced({ weight: 50, reading: { ...lately, events: 900 } })
    expect(halved).toMatchObject({ base: 0.5, samplesPerMinute: 30, toSee: (await priced()).toSee })
  })

  it('reads the rate since the stable revision has its weight', async () => {
    const since = {
      ...lately,
      events: 300,
      exposureMs: 600_000,
      covered: { fromMs: 3_000_000, toMs: 3_600_000 },
    }
    expect(await priced({ since, reading: { ...lately, events: 1000 } })).toMatchObject({ base: 0.5 })
  })

  it('is less in time when events are so many more', async () => {
    const usual = (await priced()).toSee?.minutes ?? 0
    expect((await priced({ gate: { detect: 5 } })).toSee?.minutes).toBeLessThan(usual / 8)
    // Far fewer than one event of the stable revision comes in this time.
    const rare = { ...lately, events: 1 }
    const price = await priced({
      reading: rare,
      gate: { pass: { noWorseThan: 'stable', by: 0, better: 'lower' }, detect: 5 },
    })
    expect(price.toSee?.minutes).toBeLessThan(2)
    expect(price.toSee?.samples).toBe(1)
  })

  it('asks for no number of samples, because the gate does not', async () => {
    expect((await priced({ gate: { minSamples: 100_000 } })).toSee).toEqual((await priced()).toSee)
  })

  it('takes those that the candidate has for a rule with a constant, which no weight makes sooner', async () => {
    const gate: Partial<AnalysisGate> = { pass: { atMost: 0.2 }, detect: 0.2, undecided: 'pass' }
    const [tenth, quarter] = [await priced({ gate, step: 10 }), await priced({ gate, step: 25 })]
    expect(tenth).toMatchObject({ base: 0.05, toSee: { minutes: quarter.toSee?.minutes } })
    expect(tenth.toSee?.samples).toBe(Math.ceil(3 * (tenth.toSee?.minutes ?? 0)))
    expect(tenth.toSee?.candidateSamples).toBe(tenth.toSee?.samples)
    expect(tenth.message).toMatch(
      /^crashes at 10 % of traffic, where a revision like the stable one has 0\.05 events a second: 0\.2 events a second more than the bound is seen in 90 % of cases within \d+ \w+, in which such a revision has some \d+ events/,
    )
    const short = await priced({ gate, step: 10, minutes: 1 })
    expect(short).not.toHaveProperty('weightThatDoes')
    expect(short.warnings).toEqual([
      expect.stringMatching(/What would do: a window of \d+ \w+ or a detect of [\d.]+$/),
    ])
    const half = await priced({ gate, step: 50 })
    expect(half.warnings).toEqual([
      expect.stringMatching(
        /because its shop\.crashes is 0\.25 events a second with this weight\. A revision/,
      ),
    ])
  })

  it('warns of a gate that cannot see in its time, with the weight and the window that would do', async () => {
    const gate = { undecided: 'pass' } as const
    const price = await priced({ gate, step: 5, minutes: 8 })
    const { toSee, weightThatDoes = 0 } = price
    expect(price.warnings).toEqual([
      expect.stringMatching(
        /^gate "crashes" in step 2, at 5 % of traffic: it cannot see 0\.5 events a second more than stable in its time, because 8 minutes is less than the \d+ minutes that this takes\. What would do: a weight of \d+ %, a window of \d+ minutes or a detect of [\d.]+$/,
      ),
    ])
    expect((await priced({ gate, step: weightThatDoes, minutes: 8 })).warnings).toEqual([])
    expect((await priced({ gate, step: 5, minutes: toSee?.minutes ?? 0 })).warnings).toEqual([])
  })
})

/** When events come within so many seconds. */
function times(rate: number, seconds: number, random: () => number): readonly number[] {
  const all: number[] = []
  for (let at = next(rate, random); at < seconds; at += next(rate, random)) all.push(at)
  return all
}

function next(rate: number, random: () => number): number {
  return Math.log1p(-random()) / -rate
}

function isSeen(ours: EventsReading | undefined, theirs: EventsReading | undefined, share: number): boolean {
  if (ours === undefined || theirs === undefined) return false
  const { candidate, stable } = ofAllTraffic(ours, theirs, share)
  if (candidate.kind !== 'events' || stable?.kind !== 'events') return false
  const test = chooseTest(candidate, stable, { aim: { margin: 0.1, detect: 0.5, basis: 0.5 }, share })
  return test !== undefined && test.comparison.above(0.1) > -Math.log(0.025 * 0.97)
}
