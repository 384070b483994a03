import { seededRandom } from '../src/clock.ts'
import { chooseTest } from '../src/rollout/gates/choose-test.ts'
import { sampleOf } from '../src/rollout/gates/evidence/sample.ts'
import { gateAim } from '../src/rollout/gates/gate-aim.ts'
import type { Needed } from '../src/rollout/gates/price/gate-price.ts'
import { priceGate } from '../src/rollout/gates/price/price-gate.ts'
import { measuredOf } from '../src/rollout/gates/reading-value.ts'
import { testVerdict } from '../src/rollout/gates/test-verdict.ts'
import { levelsOfWindow } from '../src/rollout/gates/window-part.ts'
import type { BenchResult, BenchRow } from './bench.ts'
import { crashTrials } from './price/crashes.ts'
import { errorTrials } from './price/errors.ts'
import { latencyTrials } from './price/latencies.ts'
import { isEmpty, percent, type Trial } from './price/trial.ts'

const groups = { errors: errorTrials, latencies: latencyTrials, events: crashTrials }

/** So often the loop looks at a window at least. */
const looks = 20
const alpha = 0.05 / 3
const power = 0.9
const levels = levelsOfWindow({ alpha, beta: 1 - power }, 1)

/**
 * Whether the price of a gate is right: the share of runs in which the candidate is turned back within the promised number
 * of samples, beside the stated power. The runs are made by other random numbers than those behind the price. They are looked
 * at as often as the loop looks at a window of the promised length. `--only=latencies` tries one kind of gate.
 */
export async function run(flags: Readonly<Record<string, string>>): Promise<BenchResult> {
  const runs = Number(flags.runs ?? 2000)
  const rows: BenchRow[] = []
  for (const [group, trials] of Object.entries(groups)) {
    if (flags.only !== undefined && flags.only !== group) continue
    let worst = 0
    for (const [place, trial] of trials.entries()) {
      const { promised, kept } = await keptShare(trial, runs, 1_000_003 * (place + 1))
      worst = Math.max(worst, Math.abs(kept - power))
      const within =
        group === 'events' ? `${promised.minutes.toPrecision(3)} minutes` : `${promised.samples} samples`
      rows.push({ what: `${trial.what}: seen within ${within}`, value: 100 * kept, unit: '%' })
    }
    rows.push({
      what: `${group}: farthest from the stated ${percent(power)}`,
      value: 100 * worst,
      unit: 'points',
      aim: { atMost: 5 },
    })
  }
  return { name: 'price', rows }
}

async function keptShare(
  trial: Trial,
  runs: number,
  seed: number,
): Promise<{ readonly promised: Needed; readonly kept: number }> {
  const { gate, weight, lately } = trial
  const at = { gate, step: 1, weight, forMs: 600_000, alpha }
  const price = await priceGate(at, { reading: lately, weight: 100, delayMs: 0 })
  if (price.kind !== 'known' || price.toSee === undefined) throw new Error(price.message)
  const promised = price.toSee
  const everyMs = Math.min(10_000, (promised.minutes * 60_000) / looks)
  const times = Math.round((promised.minutes * 60_000) / everyMs)
  const before = sampleOf(lately, 'lower')
  if (before === undefined) throw new Error(`${trial.what} has no samples`)
  const aim = gateAim(gate, before, measuredOf(lately))
  const random = seededRandom(seed)
  let kept = 0
  for (let each = 0; each < runs; each += 1) {
    let arms = trial.start()
    for (let look = 1; look <= times; look += 1) {
      arms = trial.next(arms, promised, look, times, random)
      const { candidate, stable } = arms
      if (isEmpty(candidate) || isEmpty(stable)) continue
      const test = chooseTest(candidate, stable, { aim, share: weight / 100 })
      if (test === undefined || testVerdict(test.comparison, aim.margin, levels) !== 'fail') continue
      kept += 1
      break
    }
  }
  return { promised, kept: kept / runs }
}
