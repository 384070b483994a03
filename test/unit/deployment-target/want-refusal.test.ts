import { describe, expect, it } from 'vitest'
import type { TargetCapabilities, TargetWant } from '../../../src/deployment-target/contract.ts'
import { wantRefusal } from '../../../src/deployment-target/want-refusal.ts'
import { fileRevisions } from './revisions.ts'

const [first, second] = fileRevisions
const capabilities: TargetCapabilities = {
  maxRevisions: 2,
  split: 'percent',
  names: 'deterministic',
  fencing: 'none',
  attribution: 'address',
  scale: 'none',
  scaleToZero: true,
  mirror: false,
}

function reasonOf(want: Partial<TargetWant>): string | undefined {
  const full = { revisions: [first], split: [], scale: { min: 1, max: 1 }, ...want }
  return wantRefusal(full, capabilities)?.reason
}

describe('wantRefusal', () => {
  it('counts a kept revision against maxRevisions', () => {
    expect(reasonOf({ keep: ['r9'] })).toBeUndefined()
    expect(reasonOf({ revisions: [first, second], keep: ['r9'] })).toBe('TooManyRevisions')
  })

  it('lets a kept revision stand in the split, and alone', () => {
    expect(reasonOf({ keep: ['r9'], split: [{ revision: 'r9', weight: 100 }] })).toBeUndefined()
    expect(reasonOf({ split: [{ revision: 'r9', weight: 100 }] })).toBe('UnknownRevisionInSplit')
    expect(reasonOf({ revisions: [], keep: ['r9'] })).toBeUndefined()
    expect(reasonOf({ revisions: [], keep: [] })).toBe('NothingWanted')
  })

  it('refuses traffic for an older revision where only the latest and the previous one may have it', () => {
    const [older, previous, latest] = ['r0', first.name, second.name]
    const strict = { ...capabilities, maxRevisions: 3, traffic: 'latest-and-previous' } as const
    const scale = { min: 1, max: 1 }
    const told = (revision: string, has: TargetCapabilities = strict) =>
      wantRefusal(
        { revisions: [first, second], keep: [older], split: [{ revision, weight: 100 }], scale },
        has,
      )?.reason
    expect([told(older), told(previous), told(latest)]).toEqual([
      'OlderRevisionInSplit',
      undefined,
      undefined,
    ])
    expect(told(older, { ...strict, traffic: 'any' })).toBeUndefined()
  })

  it('refuses a revision that is wanted and kept', () => {
    expect(reasonOf({ keep: ['r1'] })).toBe('DuplicateRevision')
  })

  it('refuses a scale other than the default where somebody else scales, and names the field', () => {
    const want = { revisions: [first], split: [], scale: { min: 3, max: 5 } }
    expect(wantRefusal(want, capabilities)).toMatchObject({
      reason: 'ScaleUnsupported',
      message: expect.stringContaining('scale is 3 to 5'),
    })
    expect(wantRefusal(want, { ...capabilities, scale: 'unreported' })).toBeUndefined()
  })
})
