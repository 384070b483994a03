import { seededRandom } from '../src/clock.ts'
import type { AnalysisGate } from '../src/resources/deployment/model-deployment.ts'
import { chooseTest } from '../src/rollout/gates/choose-test.ts'
import type { Sample } from '../src/rollout/gates/evidence/sample.ts'
import { gateAim } from '../src/rollout/gates/gate-aim.ts'
import { drawBinomial } from '../src/rollout/gates/price/draw-binomial.ts'
import type { GateAtStep } from '../src/rollout/gates/price/gate-price.ts'
import { priceGate } from '../src/rollout/gates/price/price-gate.ts'
import { testVerdict } from '../src/rollout/gates/test-verdict.ts'
import { levelsOfWindow } from '../src/rollout/gates/window-part.ts'
import type { RatioReading } from '../src/telemetry/contract.ts'
import type { BenchResult, BenchRow } from './bench.ts'

interface Counts {
  readonly hits: number
  readonly total: number
}

interface Setting {
  /** The stable revision's error rate, and how much worse the candidate is. */
  readonly base: number
  readonly rise: number
  /** The candidate's percent of traffic. */
  readonly weight: number
  readonly requestsPerMinute: number
}

const settings: readonly Setting[] = [
  [0.001, 0.005, 5, 6000],
  [0.001, 0.005, 50, 600],
  [0.001, 0.01, 10, 1200],
  [0.001, 0.02, 25, 60],
  [0.005, 0.005, 50, 3000],
  [0.005, 0.01, 20, 600],
  [0.005, 0.03, 5, 600],
  [0.01, 0.02, 5, 3000],
  [0.01, 0.02, 50, 60],
  [0.01, 0.04, 10, 300],
  [0.01, 0.01, 50, 6000],
  [0.03, 0.03, 25, 600],
  [0.03, 0.02, 50, 1200],
  [0.05, 0.02, 50, 600],
  [0.05, 0.05, 10, 300],
  [0.1, 0.05, 25, 60],
  [0.1, 0.1, 5, 120],
  [0.2, 0.05, 50, 600],
  [0.3, 0.1, 20, 60],
  [0.3, 0.05, 50, 1200],
].map(([base = 0, rise = 0, weight = 0, requestsPerMinute = 0]) => ({
  base,
  rise,
  weight,
  requestsPerMinute,
}))

/** So often the loop looks at a window at least. */
const looks = 20
const alpha = 0.05 / 3
const power = 0.9
const levels = levelsOfWindow({ alpha, beta: 1 - power }, 1)

/**
 * Whether the price of a gate is right: the share of runs in which the candidate is turned back within the promised number
 * of samples, beside the stated power. The runs are made by other random numbers than those behind the price. They are looked
 * at as often as the loop looks at a window of the promised length.
 */
export async function run(flags: Readonly<Record<string, string>>): Promise<BenchResult> {
  const runs = Number(flags.runs ?? 2000)
  const rows: BenchRow[] = []
  let worst = 0
  for (const [place, setting] of settings.entries()) {
    const { promised, kept } = await keptShare(setting, runs, 1_000_003 * (place + 1))
    worst = Math.max(worst, Math.abs(kept - power))
    const { base, rise, weight, requestsPerMinute } = setting
    rows.push({
      what: `${percent(base)} + ${percent(rise)} at weight ${weight}, ${requestsPerMinute}/min: seen within ${promised} samples`,
      value: 100 * kept,
      unit: '%',
    })
  }
  rows.push({
    what: `farthest from the stated ${percent(power)}`,
    value: 100 * worst,
    unit: 'points',
    aim: { atMost: 5 },
  })
  return { name: 'price', rows }
}

async function keptShare(
  { base, rise, weight, requestsPerMinute }: Setting,
  runs: number,
  seed: number,
): Promise<{ readonly promised: number; readonly kept: number }> {
  const gate: AnalysisGate = {
    name: 'errors',
    metric: 'requests.errors',
    source: 'plane',
    minSamples: 1,
    pass: { noWorseThan: 'stable', by: 0, better: 'lower' },
    noData: 'pause',
    onError: 'pause',
    detect: rise,
    power,
  }
  const at: GateAtStep = { gate, step: 1, weight, forMs: 600_000, alpha }
  const total = 60 * requestsPerMinute
  const lately = { hits: Math.round(base * total), total }
  const reading: RatioReading = { kind: 'ratio', ...lately, covered: { fromMs: 0, toMs: 3_600_000 } }
  const price = await priceGate(at, { reading, weight: 100, delayMs: 0 })
  if (price.kind !== 'known' || price.toSee === undefined) throw new Error(price.message)
  const { samples, minutes } = price.toSee
  const everyMs = Math.min(10_000, (minutes * 60_000) / looks)
  const times = Math.round((minutes * 60_000) / everyMs)
  const share = weight / 100
  const proportion = (counts: Counts): Sample => ({
    kind: 'proportion',
    bad: counts.hits,
    total: counts.total,
  })
  const aim = gateAim(gate, proportion(lately), { value: lately.hits / total, samples: total })
  const random = seededRandom(seed)
  let kept = 0
  for (let each = 0; each < runs; each += 1) {
    const [ours, theirs] = [
      { hits: 0, total: 0 },
      { hits: 0, total: 0 },
    ]
    let came = 0
    for (let look = 1; look <= times; look += 1) {
      const more = Math.round((samples * look) / times) - came
      came += more
      const given = drawBinomial(more, share, random)
      ours.hits += drawBinomial(given, base + rise, random)
      ours.total += given
      theirs.hits += drawBinomial(more - given, base, random)
      theirs.total += more - given
      if (ours.total === 0 || theirs.total === 0) continue
      const test = chooseTest(proportion(ours), proportion(theirs), { aim, share })
      if (test === undefined || testVerdict(test.comparison, aim.margin, levels) !== 'fail') continue
      kept += 1
      break
    }
  }
  return { promised: samples, kept: kept / runs }
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`
}
