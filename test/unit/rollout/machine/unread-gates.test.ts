import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../src/resources/deployment/condition.ts'
import type { GateResult } from '../../../../src/resources/deployment/deployment-status.ts'
import { nameSteps, stepsOf } from '../../../../src/rollout/machine/strategy-steps.ts'
import { statusWith } from '../../../status.ts'
import { decideIn, gateNamed, observing, revisionFor, specWith, startMs } from './fixtures.ts'

/** A step of one minute, so that its gates are read every three seconds. */
const spec = specWith(
  { canary: { steps: [{ weight: 50 }, { analyze: ['accuracy'], for: '1m' }] } },
  { analysis: [gateNamed('accuracy')] },
)
const [v1, v2] = [revisionFor(1, spec), revisionFor(2, spec)]
const status = statusWith({
  target: 'prod',
  stable: v1.name,
  steps: nameSteps(stepsOf(spec)),
  revisions: [v1, v2].map((revision) => ({ revision, state: 'ready', sinceMs: startMs })),
  split: [v1, v2].map(({ name: revision }) => ({ revision, weight: 50 })),
  rollout: {
    phase: 'analyzing',
    revision: v2.name,
    step: 1,
    sinceMs: startMs,
    untilMs: startMs + 60_000,
    gates: [],
  },
})

/** What the machine says so long after the begin of the step, when its gate reads so. */
function at(ms: number, verdict: GateResult['verdict']) {
  const gates: GateResult[] = [{ gate: 'accuracy', verdict, conclusive: false, message: 'no connection' }]
  const observed = observing([v1, 'ready'], [v2, 'ready'])
  return decideIn({ spec, desired: v2, status, observed, analysis: { gates }, now: startMs + ms })
}

describe('a gate that cannot be read', () => {
  it('does not slow down the gates of the step that can', () => {
    expect(at(1000, 'error').requeueAfterMs).toBe(3000)
  })

  it('is asked at the end of its step all the same', () => {
    const asked = (ms: number) => {
      const observed = observing([v1, 'ready'], [v2, 'ready'])
      const { need } = decideIn({ spec, desired: v2, status, observed, now: startMs + ms })
      return need?.kind === 'gates' && need.atEnd
    }
    expect([asked(59_999), asked(60_000)]).toEqual([undefined, true])
  })

  it('is what the condition says', () => {
    const said = (verdict: GateResult['verdict']): string =>
      conditionOf(at(1000, verdict).status.conditions, 'Progressing')?.message ?? ''
    expect(said('error')).toContain('; no connection')
    expect(said('too-few-samples')).not.toContain('no connection')
  })
})
