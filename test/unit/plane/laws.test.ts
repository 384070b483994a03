import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draws } from '../../draws.ts'
import { happen, happenings } from './happenings.ts'

const runs = { numRuns: draws(30, 60), seed: 42 }

describe('a plane with any commands and faults', () => {
  it('keeps law 9: every change has exactly one audit record, in the order of the commits', {
    timeout: 60_000,
  }, async () => {
    const phases = new Set<string>()
    let records = 0
    await fc.assert(
      fc.asyncProperty(happenings, async (story) => {
        const outcome = await happen(story)
        expect(outcome.records.map(({ id }) => id)).toEqual(outcome.committed.map(({ id }) => id))
        expect(outcome.records.map(({ action }) => action)).toEqual(outcome.heard)
        expect(outcome.waiting).toBe(0)
        expect(outcome.verified).toMatchObject({ ok: true })
        records += outcome.records.length
        for (const phase of outcome.phases) phases.add(phase)
      }),
      runs,
    )
    // The stories reach enough phases to prove something.
    expect(records).toBeGreaterThan(draws(250, 500))
    expect([...phases].sort()).toEqual(
      expect.arrayContaining([
        'converged',
        'deleting',
        'failed',
        'pausing',
        'pending',
        'rolling-back',
        'starting',
        'unseen',
      ]),
    )
  })

  it('keeps law 12: the same seed gives the same run', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(happenings, fc.nat(1000), async (story, seed) => {
        const one = await happen(story, seed)
        const other = await happen(story, seed)
        expect(other.records).toEqual(one.records)
        expect(other.journal).toEqual(one.journal)
      }),
      { numRuns: draws(8, 20), seed: 7 },
    )
  })

  it('gives its records other ids when the seed is another', async () => {
    const story = fc.sample(happenings, { numRuns: 1, seed: 3 })[0] ?? []
    const [one, other] = [await happen(story, 1), await happen(story, 2)]
    expect(other.records.map(({ id }) => id)).not.toEqual(one.records.map(({ id }) => id))
  })
})
