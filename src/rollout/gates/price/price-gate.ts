import { gateDefaults } from '../../../resources/deployment/gate-defaults.ts'
import type { AnalysisGate } from '../../../resources/deployment/model-deployment.ts'
import { durationMs } from '../../../resources/duration.ts'
import { levelsOfWindow } from '../window-part.ts'
import type { GateAtStep, GatePrice, Lately, Needed, PriceNumbers } from './gate-price.ts'
import { type Known, knownOf } from './known-lately.ts'
import { describePrice, describeUnpriced, warningsOf } from './price-words.ts'
import { type Sought, samplesToSee } from './samples-to-see.ts'
import { leastSamples, seenWithin, weightToSee } from './within-window.ts'

/**
 * Prices a gate at a step, by what the stable revision's metric was lately. The samples are found by seeded runs of the
 * gate's own test, in some 0.2 s of CPU, and 0.5 s for quantiles.
 */
export async function priceGate(at: GateAtStep, lately: Lately | string, runs?: number): Promise<GatePrice> {
  const { gate, step, weight, forMs } = at
  const base = { gate: gate.name, step, weight, windowMinutes: forMs / 60_000 }
  const known = knownOf(at, lately)
  if ('why' in known) return { ...base, kind: 'unknown', message: describeUnpriced(at, known), warnings: [] }
  const numbers = await numbersOf(at, known, runs)
  const { draws, options } = known
  const { margin } = options.aim
  const compares = 'noWorseThan' in gate.pass
  const limit = compares ? draws.stable + margin : margin
  return {
    ...base,
    kind: 'known',
    ...numbers,
    message: describePrice(at, numbers),
    warnings: warningsOf(at, numbers, {
      breaksRule: !compares && draws.stable >= margin,
      isBeyondBounds: limit >= (draws.shownBelow ?? Number.POSITIVE_INFINITY),
    }),
  }
}

async function numbersOf(at: GateAtStep, known: Known, runs: number | undefined): Promise<PriceNumbers> {
  const { gate, weight, forMs, alpha } = at
  const { draws, options, samplesPerMinute, delayMinutes, base } = known
  const { aim } = options
  const compares = 'noWorseThan' in gate.pass
  const share = weight / 100
  const power = gate.power ?? gateDefaults.power
  const { stable } = draws
  const worst = compares ? stable + aim.detect : aim.detect
  const levels = levelsOfWindow({ alpha, beta: 1 - power }, 1)
  const seek: Sought = {
    draws,
    candidate: worst,
    compares,
    options,
    side: 'above',
    level: levels.alpha,
    power,
  }
  const like: Sought = { ...seek, candidate: stable, side: 'below', level: levels.beta }
  // What cannot be is not looked for.
  const above = worst >= draws.most ? Number.POSITIVE_INFINITY : await samplesToSee(seek, runs)
  const below = await samplesToSee(like, runs)
  const counting = countingOf(known, gate)
  const neededOf = (found: number): Needed | undefined =>
    Number.isFinite(found) ? counting.needed(Math.max(found, counting.least(share)), share) : undefined
  const toSee = neededOf(above)
  const toPass = neededOf(below)
  const windowMinutes = forMs / 60_000
  const longestMinutes = Math.max(windowMinutes, longestMs(at) / 60_000)
  const seen = async (minutes: number): Promise<number | undefined> => {
    const given = minutes * counting.perMinute(share)
    return given < counting.least(share) ? undefined : seenWithin(seek, above, given)
  }
  const inWindow = await seen(windowMinutes)
  const inLongest = longestMinutes === windowMinutes ? inWindow : await seen(longestMinutes)
  const weightThatDoes =
    toSee === undefined || toSee.minutes <= longestMinutes
      ? undefined
      : await weightToSee(seek, above, weight, {
          given: (tried) => longestMinutes * counting.perMinute(tried),
          least: counting.least,
        })
  return {
    base,
    counts: draws.counts === 'seconds' ? 'events' : 'samples',
    samplesPerMinute,
    delayMinutes,
    detect: compares ? aim.detect : aim.detect - aim.margin,
    power,
    longestMinutes,
    ...(toSee !== undefined && { toSee }),
    ...(toPass !== undefined && { toPass }),
    ...(inWindow !== undefined && { seenInWindow: inWindow }),
    ...(inLongest !== undefined && { seenInLongest: inLongest }),
    ...(weightThatDoes !== undefined && { weightThatDoes }),
  }
}

function longestMs({ gate, forMs }: GateAtStep): number {
  if ((gate.undecided ?? gateDefaults.undecided) !== 'extend') return forMs
  return gate.maxFor === undefined ? gateDefaults.maxForTimes * forMs : durationMs(gate.maxFor)
}

/** How the numbers of a gate grow: by samples, or by time. `share` is the candidate's part of the traffic. */
interface Counting {
  perMinute(share: number): number
  /** Below so many, the gate has no verdict. */
  least(share: number): number
  needed(found: number, share: number): Needed
}

function countingOf({ draws, samplesPerMinute }: Known, gate: AnalysisGate): Counting {
  const compares = 'noWorseThan' in gate.pass
  /** A test of a constant counts the candidate's samples alone. */
  const counted = (share: number): number => (compares ? samplesPerMinute : samplesPerMinute * share)
  const needed = (samples: number, minutes: number, share: number): Needed => ({
    samples,
    candidateSamples: compares ? Math.ceil(samples * share) : samples,
    minutes,
  })
  if (draws.counts === 'seconds') {
    return {
      perMinute: () => 60,
      least: () => 0,
      needed: (seconds, share) => needed(Math.ceil((seconds / 60) * counted(share)), seconds / 60, share),
    }
  }
  return {
    perMinute: counted,
    least: (share) => leastSamples(gate, share),
    needed(found, share) {
      const samples = Math.ceil(found)
      return needed(samples, samples / counted(share), share)
    },
  }
}
