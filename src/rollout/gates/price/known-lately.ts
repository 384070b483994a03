import { readingSamples } from '../../../telemetry/contract/reading-samples.ts'
import type { TestOptions } from '../choose-test.ts'
import { type Sample, sampleOf } from '../evidence/sample.ts'
import { betterOf, testOptionsOf } from '../gate-aim.ts'
import { openEndOf } from '../judging/open-end.ts'
import { outsideRange } from '../judging/outside-range.ts'
import { readingValue } from '../reading-value.ts'
import type { Draws } from './draws/draws.ts'
import { drawsOf } from './draws/draws-of.ts'
import type { GateAtStep, Lately } from './gate-price.ts'
import { presentRate } from './present-rate.ts'
import type { Unpriced } from './price-words.ts'

/** What a price is made from. The draws and the options are turned so that less is better. */
export interface Known {
  /** What the stable revision's metric is. Events are those that it would have at the step, or with all traffic. */
  readonly base: number
  readonly draws: Draws
  readonly options: TestOptions
  /** Of all traffic. */
  readonly samplesPerMinute: number
  readonly delayMinutes: number
}

/** What the stable revision's metric tells for a price, or why there is none. */
export function knownOf({ gate, weight }: GateAtStep, lately: Lately | string): Known | Unpriced {
  if (gate.compare === 'raw') return { why: 'raw' }
  if (typeof lately === 'string') return { why: 'unread', detail: lately }
  const { reading } = lately
  const samples = readingSamples(reading)
  const isEmpty = reading.kind === 'no-data' || (samples === 0 && reading.kind !== 'events')
  if (isEmpty || !Number.isFinite(readingValue(reading)) || lately.weight <= 0) return { why: 'no-data' }
  const compares = 'noWorseThan' in gate.pass
  const read = sampleOf(reading, betterOf(gate))
  if (read === undefined || samples === undefined) return { why: 'plain' }
  const outside = outsideRange(gate, reading)
  if (outside !== undefined) return { why: 'range', detail: outside }
  if (weight === 0 || (compares && weight === 100)) return { why: 'weight' }
  if (samples === 0) return { why: 'no-events' }
  const end = openEndOf(reading)
  if (end !== undefined) return { why: 'open', end }
  const share = weight / 100
  const samplesPerMinute = presentRate(lately) / (lately.weight / 100)
  const isEvents = read.kind === 'events'
  // Two revisions' events are those that all traffic would give. A rule with a constant reads those that the candidate has.
  const perSecond = (samplesPerMinute * (compares ? 1 : share)) / 60
  const sample: Sample = isEvents ? { kind: 'events', events: perSecond, exposureMs: 1000 } : read
  const base = isEvents ? perSecond : readingValue(reading)
  const options = testOptionsOf(gate, sample, compares ? { value: base } : undefined, share)
  return { base, draws: drawsOf(sample), options, samplesPerMinute, delayMinutes: lately.delayMs / 60_000 }
}
