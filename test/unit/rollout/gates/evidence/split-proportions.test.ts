import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { proportionsTest } from '../../../../../src/rollout/gates/evidence/proportions.ts'
import { splitProportionsTest } from '../../../../../src/rollout/gates/evidence/split-proportions.ts'

const share = fc.double({ min: 0.05, max: 0.95, noNaN: true })
const rate = fc.double({ min: 0, max: 0.6, noNaN: true })
const basis = fc.option(fc.double({ min: 0, max: 0.6, noNaN: true }), { nil: undefined })
const size = fc.integer({ min: 1, max: 12 })

/** The chances of 0, 1, … bad samples of `total`. */
function chancesOf(total: number, rate: number): readonly number[] {
  let chances = [1]
  for (let sample = 0; sample < total; sample += 1) {
    chances = Array.from(
      { length: sample + 2 },
      (_, bad) => (chances[bad] ?? 0) * (1 - rate) + (chances[bad - 1] ?? 0) * rate,
    )
  }
  return chances
}

describe('the evidence about two proportions, however their samples divide', () => {
  it('is 1 on average at most for given numbers of samples, if the claim is true', () => {
    fc.assert(
      fc.property(
        share,
        size,
        size,
        rate,
        fc.constantFrom(0, 0.05, 0.3),
        basis,
        (part, ours, theirs, low, margin, known) => {
          const aim = { margin, detect: margin + 0.1, ...(known !== undefined && { basis: known }) }
          const compare = splitProportionsTest(part, aim)
          for (const [side, candidate, stable] of [
            ['above', low + margin, low],
            ['below', low + margin, low],
          ] as const) {
            const [mine, other] = [chancesOf(ours, candidate), chancesOf(theirs, stable)]
            let mean = 0
            for (const [bad, chance] of mine.entries())
              for (const [worse, also] of other.entries())
                mean +=
                  chance *
                  also *
                  Math.exp(compare({ bad, total: ours }, { bad: worse, total: theirs })[side](margin))
            expect(mean).toBeLessThanOrEqual(1 + 1e-9)
          }
        },
      ),
    )
  })

  it('is that for the declared split where the samples divide so, and never higher elsewhere', () => {
    const aim = { margin: 0.01, detect: 0.03, basis: 0.02 }
    const [declared, both] = [proportionsTest(0.2, aim), splitProportionsTest(0.2, aim)]
    const [candidate, stable] = [
      { bad: 30, total: 200 },
      { bad: 10, total: 800 },
    ]
    expect(both(candidate, stable).above(0.01)).toBe(declared(candidate, stable).above(0.01))
    const fewer = { bad: 10, total: 300 }
    expect(both(candidate, fewer).above(0.01)).toBeLessThan(declared(candidate, fewer).above(0.01))
    expect(both(fewer, candidate).below(0.01)).toBeLessThanOrEqual(declared(fewer, candidate).below(0.01))
  })

  it('is told to be enough just where it is', () => {
    const both = splitProportionsTest(0.2, { margin: 0.01, detect: 0.03, basis: 0.02 })
    const { above } = both({ bad: 30, total: 200 }, { bad: 10, total: 300 })
    const whole = above(0.01)
    expect(above(0.01, whole - 0.1)).toBe(whole)
    expect(above(0.01, whole + 0.1)).toBeLessThanOrEqual(whole + 0.1)
  })
})
