import { describe, expect, it } from 'vitest'
import type { Observed } from '../../../../src/rollout/machine/machine-types.ts'
import { statusWith } from '../../../status.ts'
import { capabilities, decideIn, observing, revisionFor, specWith, startMs } from './fixtures.ts'

const spec = specWith({ canary: { steps: [{ weight: 50 }, { pause: 'until-promoted' }] } })
const v1 = revisionFor(1, spec)
const v2 = revisionFor(2, spec)
const native = { ...capabilities, split: 'percent' } as const

/** The stable revision was deleted by hand in the middle of a canary, and is about to be created again. */
function recreated(observed: Observed): readonly { revision: string; weight: number }[] | undefined {
  const { effect } = decideIn({
    spec,
    desired: v2,
    observed,
    declared: { capabilities: native },
    status: statusWith({
      target: 'prod',
      stable: v1.name,
      revisions: [
        { revision: v1, state: 'requested', sinceMs: startMs },
        { revision: v2, state: 'ready', sinceMs: startMs },
      ],
      split: [
        { revision: v1.name, weight: 50 },
        { revision: v2.name, weight: 50 },
      ],
      rollout: { phase: 'shifting', revision: v2.name, step: 0, weight: 50, sinceMs: startMs },
    }),
  })
  expect(effect?.kind).toBe('create')
  return effect?.want?.split.map(({ revision, weight }) => ({ revision, weight }))
}

describe('the split that a create carries', () => {
  it('does not raise a revision that is not ready', () => {
    expect(recreated(observing([v2, 'unready', { weight: 10 }]))).toEqual([
      { revision: v1.name, weight: 90 },
      { revision: v2.name, weight: 10 },
    ])
    expect(recreated(observing([v2, 'unready', { weight: 0 }]))).toEqual([{ revision: v1.name, weight: 100 }])
  })

  it('is the split of the status when nothing unready would rise', () => {
    const split = [
      { revision: v1.name, weight: 50 },
      { revision: v2.name, weight: 50 },
    ]
    expect(recreated(observing([v2, 'ready', { weight: 10 }]))).toEqual(split)
    expect(recreated(observing([v2, 'unready', { weight: 60 }]))).toEqual(split)
  })
})
