import { describe, expect, it } from 'vitest'
import {
  type Condition,
  type ConditionType,
  conditionOf,
} from '../../../../src/resources/deployment/condition.ts'
import type { Instruction } from '../../../../src/rollout/machine/machine-types.ts'
import { statusWith } from '../../../status.ts'
import { result, sceneOf } from './analyzing.ts'
import {
  ada,
  decideIn,
  gateNamed,
  observing,
  revisionFor,
  type Situation,
  specWith,
  startMs,
} from './fixtures.ts'

const spec = specWith({ rolling: { step: 50, every: '1m' } })
const v1 = revisionFor(1, spec)
const converged = statusWith({
  target: 'prod',
  stable: v1.name,
  revisions: [{ revision: v1, state: 'ready', sinceMs: startMs }],
  split: [{ revision: v1.name, weight: 100 }],
  rollout: { phase: 'converged', revision: v1.name, sinceMs: startMs },
})

function told(type: ConditionType, rest: Partial<Situation> = {}): Condition | undefined {
  const situation = { spec, desired: v1, status: converged, observed: observing([v1, 'ready']), ...rest }
  return conditionOf(decideIn(situation).status.conditions, type)
}

describe('Ready', () => {
  it('is true while the declared revision serves', () => {
    expect(told('Ready')).toMatchObject({ status: 'True', reason: 'Serving' })
    expect(told('Ready', { observed: observing([v1, 'unready']) })).toMatchObject({
      status: 'False',
      reason: 'RevisionNotReady',
    })
  })

  it('is false when another revision or target is declared, even while paused', () => {
    const paused = { ...converged, paused: { actor: ada, atMs: startMs } }
    const elsewhere = { ...spec, target: { name: 'spare', settings: {} } }
    expect(told('Ready', { desired: revisionFor(2, spec), status: paused })?.status).toBe('False')
    expect(told('Ready', { spec: elsewhere, status: paused })?.status).toBe('False')
    expect(told('Progressing', { spec: elsewhere, status: paused })?.reason).toBe('Paused')
  })
})

describe('StableUnhealthy', () => {
  it('reports the fault of the stable revision, and disappears when the revision is ready', () => {
    const failed = observing([v1, 'failed', { reason: 'OutOfMemory', message: 'killed' }])
    expect(told('StableUnhealthy', { observed: failed })).toMatchObject({
      status: 'True',
      reason: 'OutOfMemory',
      message: `stable revision ${v1.name} is failed (OutOfMemory: killed); the split stays`,
    })
    const before = decideIn({ spec, desired: v1, status: converged, observed: failed }).status
    expect(told('StableUnhealthy', { status: before })).toBeUndefined()
  })

  it('reports a ready revision that fails every request, but only from ten requests on', () => {
    const serving = (failed: number, total: number): Partial<Situation> => ({
      analysis: { serving: { revision: v1.name, failed, total } },
    })
    expect(told('StableUnhealthy', serving(10, 10))?.reason).toBe('RequestsFailing')
    expect(told('StableUnhealthy', serving(9, 9))).toBeUndefined()
    expect(told('StableUnhealthy', serving(99, 100))).toBeUndefined()
    expect(told('StableUnhealthy', serving(0, 0))).toBeUndefined()
  })
})

describe('a condition', () => {
  it('keeps the time of its last change of status', () => {
    const first = decideIn({
      spec,
      desired: v1,
      status: converged,
      observed: observing([v1, 'ready']),
    }).status
    const since = conditionOf(first.conditions, 'Ready')?.lastTransitionTime
    const later = { status: first, now: startMs + 60_000 }
    expect(told('Ready', { ...later, declared: { generation: 2 } })).toMatchObject({
      observedGeneration: 2,
      lastTransitionTime: since,
    })
    expect(told('Ready', { ...later, observed: observing([v1, 'unready']) })?.lastTransitionTime).toBe(
      new Date(startMs + 60_000).toISOString(),
    )
  })
})

describe('Progressing', () => {
  const scene = sceneOf(gateNamed('accuracy'))
  const said = (instruction: Instruction): string =>
    conditionOf(instruction.status.conditions, 'Progressing')?.message ?? ''
  const open = result('accuracy', 'undecided', { next: 'some 400 requests more would decide it' })

  it('tells what is known of a gate that is undecided, and what would decide it', () => {
    expect(said(scene.at(30_000, [open]))).toBe(
      `step 2 measures revision ${scene.candidate}; accuracy is undecided; some 400 requests more would decide it`,
    )
    expect(said(scene.at(30_000, [result('accuracy', 'pass')]))).toBe(
      `step 2 measures revision ${scene.candidate}`,
    )
  })

  it('tells that a step was extended', () => {
    expect(said(scene.at(60_000, [open]))).toContain('measures revision')
    expect(said(scene.at(60_000, [open]))).toContain('for longer, because it ended undecided')
    expect(said(scene.at(59_000, [open]))).not.toContain('for longer')
  })
})
