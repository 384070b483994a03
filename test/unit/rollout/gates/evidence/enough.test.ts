import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseTest, testFor } from '../../../../../src/rollout/gates/choose-test.ts'
import type { Sample } from '../../../../../src/rollout/gates/evidence/sample.ts'

const share = fc.double({ min: 0.05, max: 0.95, noNaN: true })
const aim = { margin: 0.05, detect: 0.2, basis: 0.3 }
const range = { min: 0, max: 1 }
/** By so much the lowest evidence of all places may be told too low. */
const tolerance = 0.05

const parts = fc
  .array(fc.nat(300), { minLength: 5, maxLength: 5 })
  .filter((counts) => counts.some((count) => count > 0))

const samples: Readonly<Record<Sample['kind'], (counts: readonly number[]) => Sample>> = {
  proportion: ([bad = 0, good = 0]) => ({ kind: 'proportion', bad, total: Math.max(1, bad + good) }),
  moments: (counts) => {
    let [count, sum, sumSquares] = [0, 0, 0]
    for (const [place, times] of counts.entries()) {
      count += times
      sum += (times * place) / 4
      sumSquares += times * (place / 4) ** 2
    }
    return { kind: 'moments', count, sum, sumSquares }
  },
  cells: (counts) => ({ kind: 'cells', quantile: 0.8, bounds: [0.2, 0.4, 0.5, 0.9], counts }),
  events: ([events = 0, seconds = 0]) => ({ kind: 'events', events, exposureMs: 1000 * (seconds + 1) }),
}

describe('evidence of which only a bound is asked', () => {
  it.each(Object.keys(samples) as Sample['kind'][])('lies on the same side of it for %s', (kind) => {
    fc.assert(
      fc.property(
        parts,
        parts,
        share,
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
        fc.double({ min: -2, max: 60, noNaN: true }),
        (ours, theirs, part, margin, enough) => {
          const [candidate, stable] = [samples[kind](ours), samples[kind](theirs)]
          const test = chooseTest(candidate, stable, { aim, share: part, range })
          for (const side of ['above', 'below'] as const) {
            const exact = test?.comparison[side](margin) ?? 0
            if (Math.abs(exact - enough) < tolerance) continue
            expect((test?.comparison[side](margin, enough) ?? 0) > enough).toBe(exact > enough)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('evidence that is asked again and again', () => {
  it('says of each margin what it says when it is asked first', () => {
    const ask = fc.record({
      margin: fc.double({ min: -0.4, max: 0.4, noNaN: true }),
      enough: fc.double({ min: -2, max: 20, noNaN: true }),
    })
    const asks = fc.array(ask, { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(parts, parts, share, asks, (ours, theirs, part, all) => {
        const [candidate, stable] = [samples.proportion(ours), samples.proportion(theirs)]
        const options = { aim, share: part, range }
        const asked = chooseTest(candidate, stable, options)?.comparison
        for (const { margin, enough } of all) {
          const fresh = chooseTest(candidate, stable, options)?.comparison
          for (const side of ['above', 'below'] as const) {
            const exact = fresh?.[side](margin) ?? 0
            if (Math.abs(exact - enough) < tolerance) continue
            expect((asked?.[side](margin, enough) ?? 0) > enough).toBe(exact > enough)
            expect(asked?.[side](margin)).toBeCloseTo(exact, 9)
          }
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('a test that is made once', () => {
  it('says the same of each pair of samples as one that is made for it', () => {
    const options = { aim, share: 0.3, range }
    const choose = testFor(options)
    fc.assert(
      fc.property(parts, parts, fc.constantFrom(0.05, 0.01, -0.2), (ours, theirs, margin) => {
        for (const sample of Object.values(samples)) {
          const [candidate, stable] = [sample(ours), sample(theirs)]
          const [one, other] = [choose(candidate, stable), chooseTest(candidate, stable, options)]
          expect(one?.method).toBe(other?.method)
          expect(one?.comparison.above(margin)).toBe(other?.comparison.above(margin))
          expect(one?.comparison.below(margin)).toBe(other?.comparison.below(margin))
        }
      }),
    )
  })
})
