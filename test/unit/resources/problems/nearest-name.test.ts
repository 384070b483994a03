import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, nearestName } from '../../../../src/resources/problems/nearest-name.ts'

const short = fc.string({ maxLength: 12 })

describe('edit distance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['weight', 'wieght', 1],
    ['weight', 'weigth', 1],
    ['weight', 'weght', 1],
    ['weight', 'weightt', 1],
    ['weight', 'meight', 1],
    ['ca', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('counts insertions, deletions, substitutions and swaps: %s, %s', (left, right, edits) => {
    expect(editDistance(left, right)).toBe(edits)
  })

  it('is symmetric, zero only for equals, and at least the difference in length', () => {
    fc.assert(
      fc.property(short, short, (left, right) => {
        const edits = editDistance(left, right)
        expect(edits).toBe(editDistance(right, left))
        expect(edits === 0).toBe(left === right)
        expect(edits).toBeGreaterThanOrEqual(Math.abs(left.length - right.length))
        expect(edits).toBeLessThanOrEqual(Math.max(left.length, right.length))
      }),
    )
  })
})

describe('nearest name', () => {
  it('is the one with the fewest edits', () => {
    expect(nearestName('scal', ['state', 'scale', 'spec'])).toBe('scale')
  })

  it('ignores case', () => {
    expect(nearestName('ATLEAST', ['atMost', 'atLeast'])).toBe('atLeast')
  })

  it('is undefined when every name is too far away', () => {
    expect(nearestName('image', ['env', 'secrets', 'resources'])).toBeUndefined()
    expect(nearestName('Deployment', ['ModelDeployment'])).toBeUndefined()
    expect(nearestName('x', [])).toBeUndefined()
  })

  it('is the first of several that are equally near', () => {
    expect(nearestName('cat', ['bat', 'rat'])).toBe('bat')
  })

  it('is undefined for names that are too long, even when they are near', () => {
    const long = 'a'.repeat(65)
    expect(nearestName(long, [long])).toBeUndefined()
    expect(nearestName('a'.repeat(64), [long])).toBeUndefined()
  })

  it('is always one of the known names or undefined', () => {
    fc.assert(
      fc.property(short, fc.array(short, { maxLength: 5 }), (written, known) => {
        const near = nearestName(written, known)
        expect(near === undefined || known.includes(near)).toBe(true)
      }),
    )
  })
})
