import { gateDefaults } from '../../../resources/deployment/gate-defaults.ts'
import { durationMs } from '../../../resources/duration.ts'
import { readingSamples } from '../../../telemetry/contract/reading-samples.ts'
import type { MetricReading } from '../../../telemetry/contract.ts'
import { chooseTest, type TestOptions } from '../choose-test.ts'
import { sampleOf } from '../evidence/sample.ts'
import { betterOf, testOptionsOf } from '../gate-aim.ts'
import { openEndOf } from '../judging/open-end.ts'
import { outsideRange } from '../judging/outside-range.ts'
import { measuredOf, readingValue } from '../reading-value.ts'
import { levelsOfWindow } from '../window-part.ts'
import type { Draws } from './draws/draws.ts'
import { drawsOf } from './draws/draws-of.ts'
import type { GateAtStep, GatePrice, Lately, Needed, PriceNumbers } from './gate-price.ts'
import { presentRate } from './present-rate.ts'
import { describePrice, describeUnpriced, type Unpriced, warningsOf } from './price-words.ts'
import { type Sought, samplesToSee } from './samples-to-see.ts'
import { leastSamples, seenWithin, weightToSee } from './within-window.ts'

/**
 * Prices a gate at a step, by what the stable revision's metric was lately. The samples are found by seeded runs of the
 * gate's own test, in some 0.2 s of CPU.
 */
export async function priceGate(at: GateAtStep, lately: Lately | string, runs?: number): Promise<GatePrice> {
  const { gate, step, weight, forMs } = at
  const base = { gate: gate.name, step, weight, windowMinutes: forMs / 60_000 }
  const known = knownOf(at, lately)
  if ('why' in known) return { ...base, kind: 'unknown', message: describeUnpriced(at, known), warnings: [] }
  const numbers = await numbersOf(at, known, runs)
  const { draws, options } = known
  const ruleBroken =
    'noWorseThan' in gate.pass || draws.stable < options.aim.margin ? undefined : numbers.base
  return {
    ...base,
    kind: 'known',
    ...numbers,
    message: describePrice(at, numbers),
    warnings: warningsOf(at, numbers, ruleBroken),
  }
}

/** Turned so that less is better. */
interface Known {
  readonly reading: MetricReading
  readonly draws: Draws
  readonly options: TestOptions
  readonly samplesPerMinute: number
  readonly delayMinutes: number
}

function knownOf({ gate, weight }: GateAtStep, lately: Lately | string): Known | Unpriced {
  if (gate.compare === 'raw') return { why: 'raw' }
  if (typeof lately === 'string') return { why: 'unread', detail: lately }
  const { reading } = lately
  const samples = readingSamples(reading)
  if (reading.kind === 'no-data' || samples === 0) return { why: 'no-data' }
  if (!Number.isFinite(readingValue(reading)) || lately.weight <= 0) return { why: 'no-data' }
  const compares = 'noWorseThan' in gate.pass
  const sample = sampleOf(reading, betterOf(gate))
  if (sample === undefined || samples === undefined) return { why: 'plain' }
  const outside = outsideRange(gate, reading)
  if (outside !== undefined) return { why: 'range', detail: outside }
  const measured = measuredOf(reading)
  const options = testOptionsOf(gate, sample, compares ? measured : undefined, weight / 100)
  if (weight === 0 || (compares && weight === 100)) return { why: 'weight' }
  if (chooseTest(sample, compares ? sample : undefined, options) === undefined) return { why: 'plain' }
  const draws = drawsOf(sample)
  if (draws === undefined) {
    const end = openEndOf(reading)
    if (end !== undefined) return { why: 'open', end }
    return { why: reading.kind === 'events' ? 'rate' : 'quantile' }
  }
  const samplesPerMinute = presentRate(lately) / (lately.weight / 100)
  return { reading, draws, options, samplesPerMinute, delayMinutes: lately.delayMs / 60_000 }
}

async function numbersOf(at: GateAtStep, known: Known, runs: number | undefined): Promise<PriceNumbers> {
  const { gate, weight, forMs, alpha } = at
  const { draws, options, samplesPerMinute, delayMinutes, reading } = known
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
  /** A test of a constant counts the candidate's samples alone. */
  const counted = compares ? samplesPerMinute : samplesPerMinute * share
  const least = leastSamples(gate, share)
  const neededOf = (found: number): Needed | undefined => {
    if (!Number.isFinite(found)) return undefined
    const samples = Math.ceil(Math.max(found, least))
    const candidateSamples = compares ? Math.ceil(samples * share) : samples
    return { samples, candidateSamples, minutes: samples / counted }
  }
  const toSee = neededOf(above)
  const toPass = neededOf(below)
  const windowMinutes = forMs / 60_000
  const longestMinutes = Math.max(windowMinutes, longestMs(at) / 60_000)
  const seen = (minutes: number): number | undefined =>
    minutes * counted < least ? undefined : seenWithin(seek, above, minutes * counted)
  const [inWindow, inLongest] = [seen(windowMinutes), seen(longestMinutes)]
  const weightThatDoes =
    toSee === undefined || toSee.minutes <= longestMinutes
      ? undefined
      : weightToSee(seek, above, longestMinutes * samplesPerMinute, { weight, gate })
  return {
    base: readingValue(reading),
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
