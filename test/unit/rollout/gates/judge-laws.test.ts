import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GateResult } from '../../../../src/resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../../../src/resources/deployment/model-deployment.ts'
import type { JudgeContext } from '../../../../src/rollout/gates/judge-context.ts'
import { judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import { ofAllTraffic } from '../../../../src/rollout/gates/whole-traffic.ts'
import { addReadings } from '../../../../src/telemetry/contract/add-readings.ts'
import { gateNamed } from '../machine/fixtures.ts'
import { type Data, readings, timesAsMany } from './judged-readings.ts'

const context: JudgeContext = { alpha: 0.05, share: 0.5, fromMs: 0 }
const beside = gateNamed('gate', {
  pass: { noWorseThan: 'stable', by: 0.1, better: 'lower' },
  detect: 0.5,
  power: 0.95,
})
const constant = gateNamed('gate', { pass: { atMost: 0.5 }, detect: 0.2 })
const ranged = { ...beside, range: { min: 0, max: 10 } }
/** A rule of each kind, by the method that tests it. */
const gates: readonly AnalysisGate[] = [beside, constant, ranged]

/** The words and what follows from them differ by rounding alone. */
function told({ verdict, method, difference, candidate }: GateResult): unknown {
  const rounded = difference && Object.values(difference).map((each) => each.toPrecision(4))
  return [verdict, method, rounded, candidate?.samples]
}

describe.each(Object.entries(readings))('a gate over readings of kind %s', (_, reading) => {
  it('says of two sources what one source would have said', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...gates),
        reading,
        reading,
        reading,
        reading,
        (gate, one, other, here, there) => {
          const judged = judgeGate(gate, addReadings(one, other), addReadings(here, there), context)
          const whole = judgeGate(gate, sumOf(one, other), sumOf(here, there), context)
          expect(told(judged)).toEqual(told(whole))
          expect(judged.method).not.toBe('plain')
        },
      ),
      { numRuns: 20 },
    )
  })

  it('has the other verdict when the revisions change places, and nothing worse is allowed', () => {
    const pass = { noWorseThan: 'stable', by: 0, better: 'lower' } as const
    const mirrored = { pass: 'fail', fail: 'pass', undecided: 'undecided' } as const
    fc.assert(
      fc.property(fc.boolean(), reading, reading, (hasRange, one, other) => {
        const gate = { ...(hasRange ? ranged : beside), pass }
        // Samples that do not divide as the split says are tested in another way.
        const there = judgeGate(gate, one, other, splitOf(one, other))
        const back = judgeGate(gate, other, one, splitOf(other, one))
        expect(there.verdict).toBe(mirrored[back.verdict as keyof typeof mirrored])
        expect(there.method).toBe(back.method)
      }),
      { numRuns: 60 },
    )
  })

  it('tells how many samples are missing: so many show what it says, and a fifth fewer do not', () => {
    let tried = 0
    fc.assert(
      fc.property(fc.constantFrom(...gates), reading, reading, (gate, one, other) => {
        const known = splitOf(one, other)
        const judged = (times: number): GateResult => {
          const [ours, theirs] = [timesAsMany(one, times), timesAsMany(other, times)]
          const { candidate, stable } = ofAllTraffic(ours, theirs, known.share)
          return judgeGate(gate, candidate, stable, known)
        }
        const { missing, verdict, next } = judged(1)
        if (verdict !== 'undecided') {
          expect(missing).toBeUndefined()
          return
        }
        if (missing === undefined) {
          expect(next).toMatch(/no number of samples|the quantile of/)
          return
        }
        tried += 1
        const samples = samplesIn(one)
        const at = (more: number): string => judged(1 + more / samples).verdict
        expect(at(missing.samples * 1.001)).toBe(missing.verdict)
        if (missing.samples > samples / 4) expect(at(0.8 * (missing.samples - 1))).toBe('undecided')
        expect(next).toContain(missing.verdict === 'pass' ? 'is met' : 'is broken')
      }),
      { numRuns: 100 },
    )
    expect(tried).toBeGreaterThan(3)
  })
})

/** The samples divide as the split says. */
function splitOf(one: Data, other: Data): JudgeContext {
  const [ours, theirs] = [samplesIn(one), samplesIn(other)]
  return { ...context, share: ours + theirs === 0 ? 0.5 : ours / (ours + theirs) }
}

/** As one source that saw all requests counts them. */
function sumOf(one: Data, other: Data): Data {
  const [{ covered }, first, second] = [one, one as never, other as never] as const
  const sum = (field: string): number => (first[field] as number) + (second[field] as number)
  switch (one.kind) {
    case 'ratio':
      return { kind: 'ratio', hits: sum('hits'), total: sum('total'), covered }
    case 'distribution':
      return {
        kind: 'distribution',
        count: sum('count'),
        sum: sum('sum'),
        sumSquares: sum('sumSquares'),
        covered,
      }
    case 'histogram': {
      const counts = one.counts.map((count, cell) => count + ((other as typeof one).counts[cell] as number))
      return { ...one, counts }
    }
    case 'events':
      return { ...one, events: sum('events') }
  }
}

function samplesIn(reading: Data): number {
  switch (reading.kind) {
    case 'ratio':
      return reading.total
    case 'distribution':
      return reading.count
    case 'histogram':
      return reading.counts.reduce((sum, count) => sum + count, 0)
    case 'events':
      return reading.events
  }
}
