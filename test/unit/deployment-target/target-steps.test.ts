import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ObservedRevision, TargetWant } from '../../../src/deployment-target/contract.ts'
import { describeTargetStep, targetSteps } from '../../../src/deployment-target/target-steps.ts'
import { fileRevisions } from './revisions.ts'

const [first, second, third] = fileRevisions
const scale = { min: 1, max: 1 }
const ready = (revision: string, more: Partial<ObservedRevision> = {}): ObservedRevision => ({
  revision,
  state: 'ready',
  ...more,
})

function stepsOf(want: Partial<TargetWant>, there: readonly ObservedRevision[], maxRevisions = 10): string[] {
  const observed = { revisions: there, operations: [] }
  const full = { revisions: [first], split: [], scale, ...want }
  return targetSteps(full, observed, { maxRevisions, split: 'percent' }).map(describeTargetStep)
}

describe('targetSteps', () => {
  it('creates first, then moves traffic, then removes', () => {
    const split = [{ revision: 'r2', weight: 100 }]
    expect(stepsOf({ revisions: [second], split }, [ready('r1', { weight: 100 })])).toEqual([
      'create revision r2 (churn 2)',
      'set the split',
      'remove revision r1',
    ])
  })

  it('removes a revision before a create only when there is no room', () => {
    const there = [ready('r1'), ready('r3')]
    expect(stepsOf({ revisions: [second] }, there, 2)).toEqual([
      'remove revision r1',
      'create revision r2 (churn 2)',
      'remove revision r3',
    ])
  })

  it('waits until a stopping revision is gone before it creates in its place', () => {
    expect(stepsOf({}, [ready('r1', { state: 'stopping' })])).toEqual(['wait until revision r1 is gone'])
    const there = [ready('r2', { state: 'stopping' }), ready('r3')]
    expect(stepsOf({ revisions: [first, third] }, there, 2)[0]).toBe('wait until revision r2 is gone')
  })

  it('adds no step for an unwanted revision that is already stopping', () => {
    expect(stepsOf({}, [ready('r1'), ready('r2', { state: 'stopping' })])).toEqual([])
  })

  it('scales in place only when the target reports the scale', () => {
    expect(stepsOf({}, [ready('r1', { scale: { min: 2, max: 2 } })])).toEqual(['scale revision r1'])
    expect(stepsOf({}, [ready('r1')])).toEqual([])
  })

  it('neither removes nor scales what the want keeps, and does not make it anew', () => {
    const there = [ready('r1', { scale: { min: 3, max: 3 } }), ready('r3')]
    expect(stepsOf({ revisions: [second], keep: ['r1', 'r9'] }, there)).toEqual([
      'create revision r2 (churn 2)',
      'remove revision r3',
    ])
  })

  it('makes room without what the want keeps', () => {
    const there = [ready('r1'), ready('r3')]
    expect(stepsOf({ revisions: [second], keep: ['r1'] }, there, 2)).toEqual([
      'remove revision r3',
      'create revision r2 (churn 2)',
    ])
  })

  it('gives traffic to what the want keeps, as long as it is there', () => {
    const want = { revisions: [second], keep: ['r1'], split: [{ revision: 'r1', weight: 100 }] }
    const there = [ready('r1', { weight: 0 }), ready('r2', { weight: 0 })]
    expect(stepsOf(want, there)).toEqual(['set the split'])
    expect(stepsOf(want, there.slice(1))).toEqual([])
  })

  it('reaches the wanted revisions step by step from any start, and never holds too many', () => {
    const names = fc.uniqueArray(fc.constantFrom(first, second, third), { minLength: 1, maxLength: 2 })
    fc.assert(
      fc.property(names, names, fc.integer({ min: 2, max: 3 }), (from, to, maxRevisions) => {
        const want = { revisions: to, split: [], scale }
        let there = from.map((each) => ready(each.name))
        for (let turn = 0; turn < 10; turn += 1) {
          const observed = { revisions: there, operations: [] }
          const [step] = targetSteps(want, observed, { maxRevisions, split: 'none' })
          if (step === undefined) break
          if (step.kind === 'create') there = [...there, ready(step.revision.name)]
          if (step.kind === 'remove') there = there.filter((each) => each.revision !== step.revision)
          expect(there.length).toBeLessThanOrEqual(maxRevisions)
        }
        expect(there.map((each) => each.revision).sort()).toEqual(to.map((each) => each.name).sort())
      }),
    )
  })
})
