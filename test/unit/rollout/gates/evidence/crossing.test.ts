import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crossingOf } from '../../../../../src/rollout/gates/evidence/crossing.ts'

const tolerance = 0.02
const to = 1000
const positive = (max: number) => fc.double({ min: 0.01, max, noNaN: true })

describe('the place where growing evidence becomes enough', () => {
  it('is found within the tolerance and never too early, whatever the guess is', () => {
    fc.assert(
      fc.property(
        positive(900),
        fc.double({ min: 0.2, max: 4, noNaN: true }),
        positive(50),
        fc.double({ min: -10, max: 2000, noNaN: true }),
        positive(1e6),
        (place, power, height, guess, slope) => {
          const evidence = (x: number): number => height * (x / place) ** power
          const found = crossingOf(evidence, height, { from: 0, to, guess, slope }, tolerance)
          expect(evidence(found)).toBeGreaterThan(height)
          expect(found * (1 - tolerance)).toBeLessThanOrEqual(place)
        },
      ),
    )
  })

  it('is found where the evidence beyond it is only known to be enough', () => {
    fc.assert(
      fc.property(
        positive(900),
        positive(1000),
        fc.double({ min: -1, max: 20, noNaN: true }),
        (place, guess, told) => {
          const evidence = (x: number): number => (x > place ? 4 + Math.abs(told) : told < 0 ? -Infinity : 2)
          const found = crossingOf(evidence, 3, { from: 0, to, guess, slope: 1 }, tolerance)
          expect(found).toBeGreaterThan(place)
          expect(found * (1 - tolerance)).toBeLessThanOrEqual(place)
        },
      ),
    )
  })

  it('is found by three or four looks where the evidence grows in proportion, and the guess is near', () => {
    for (const guess of [40, 70, 100, 130, 200]) {
      let looks = 0
      const evidence = (x: number): number => {
        looks += 1
        return 0.03 * x - 1
      }
      crossingOf(evidence, 2, { from: 0, to, guess, slope: 0.05 }, tolerance)
      expect(looks).toBeLessThanOrEqual(4)
    }
  })

  it('is found within the tolerance by fewer looks where the evidence is known to be convex in the root', () => {
    const root = fc.double({ min: 1, max: 30, noNaN: true })
    let [looks, usual] = [0, 0]
    fc.assert(
      fc.property(
        root,
        root,
        fc.double({ min: 0, max: 3, noNaN: true }),
        positive(900),
        (place, steep, bend, guess) => {
          const evidence = (x: number): number => {
            const beyond = Math.sqrt(x) - place
            return 3 + steep * beyond + bend * beyond * beyond
          }
          const search = { from: 0, to: 2000, guess, slope: steep / 10 }
          const count = (x: number): number => {
            looks += 1
            return evidence(x)
          }
          const found = crossingOf(count, 3, { ...search, isConvexInRoot: true }, tolerance)
          expect(evidence(found)).toBeGreaterThan(3)
          expect(found * (1 - tolerance)).toBeLessThanOrEqual(place * place * (1 + 1e-9))
          crossingOf(
            (x) => {
              usual += 1
              return evidence(x)
            },
            3,
            search,
            tolerance,
          )
        },
      ),
    )
    expect(looks).toBeLessThan(0.95 * usual)
  })

  it('is the end of the range, soon, where the evidence is never enough', () => {
    for (const most of [2, 2.9, Number.NEGATIVE_INFINITY]) {
      let looks = 0
      const evidence = (): number => {
        looks += 1
        return most
      }
      expect(crossingOf(evidence, 3, { from: 0, to: 1e12, guess: 10, slope: 1 }, tolerance)).toBe(1e12)
      expect(looks).toBeLessThanOrEqual(12)
    }
  })
})
