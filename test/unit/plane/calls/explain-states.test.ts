import { describe, expect, it } from 'vitest'
import { explainDeployment } from '../../../../src/plane/calls/explain.ts'
import type { Rollout } from '../../../../src/resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../../../src/resources/deployment/model-deployment.ts'
import { newPlacement } from '../../../../src/rollout/machine/placement.ts'
import { policyRequests } from '../../../../src/testing/policy-requests.ts'
import { type StatusParts, statusWith } from '../../../status.ts'
import { gateNamed } from '../../rollout/machine/fixtures.ts'

const { deployment } = policyRequests.promote()
const { revision: model } = policyRequests.promote()
const stable = { ...model, name: 'stable' }
const candidate = { ...model, name: 'candidate' }
const dayMs = 86_400_000

const serving: StatusParts = {
  observedGeneration: 1,
  target: 'prod',
  stable: 'stable',
  revisions: [{ revision: stable, state: 'ready', sinceMs: 0 }],
  split: [{ revision: 'stable', weight: 100 }],
  rollout: { phase: 'converged', revision: 'stable', sinceMs: 0 },
  conditions: [
    {
      type: 'ModelResolved',
      status: 'True',
      reason: 'Resolved',
      message: '',
      lastTransitionTime: new Date(0).toISOString(),
      observedGeneration: 1,
    },
  ],
}

function explained(
  rest: StatusParts,
  {
    spec = {},
    deleted = false,
    targets = ['prod', 'spare'],
    nowMs = 0,
    delaysMs = {},
  }: {
    spec?: Partial<ModelDeploymentSpec>
    deleted?: boolean
    targets?: readonly string[]
    nowMs?: number
    delaysMs?: Readonly<Record<string, number>>
  } = {},
): ReturnType<typeof explainDeployment> {
  return explainDeployment(
    {
      key: 'default/churn',
      uid: 'u1',
      generation: 1,
      resource: { ...deployment, spec: { ...deployment.spec, ...spec } },
      status: statusWith({ ...serving, ...rest }),
      actor: { name: 'ana' },
      createdAtMs: 0,
      ...(deleted && { deletion: { atMs: 0, actor: { name: 'ana' } } }),
    },
    { fault: undefined, targets, delaysMs, nowMs },
  )
}

describe('explaining a wait for a person', () => {
  const of = { revision: 'candidate', step: 0, sinceMs: dayMs }
  it.each<[string, Rollout]>([
    ['promote', { ...of, phase: 'pausing' }],
    ['promote, resume or abort', { ...of, phase: 'holding', gates: [], message: 'no data' }],
    ['an approval', { ...of, phase: 'blocked', weight: 5, reason: 'ApprovalRequired', message: 'needs bob' }],
  ])('for %s tells its limit and what happens then', (answer, rollout) => {
    const { waitsFor, untilMs, next } = explained({ rollout }, { spec: { answerWithin: '2d' } })
    expect(waitsFor).toMatch(new RegExp(`^${answer}, for 2d at most`))
    expect(untilMs).toBe(3 * dayMs)
    expect(next).toMatch(/; without an answer in time, the rollout is turned back$/)
  })

  it('tells no limit while the rollout is paused, or while a policy denies', () => {
    const paused = { actor: { name: 'bob' }, atMs: 0 }
    expect(explained({ paused, rollout: { ...of, phase: 'pausing' } })).toMatchObject({
      waitsFor: 'resume: bob paused it',
    })
    const denied = { ...of, phase: 'blocked', weight: 5, reason: 'Denied', message: 'no' } as const
    for (const rest of [{ rollout: denied }, { rollout: { ...of, phase: 'pausing' } as const, paused }]) {
      expect(explained(rest)).not.toHaveProperty('untilMs')
    }
  })
})

describe('explaining an analysis', () => {
  const steps = [{ weight: 5 }, { analyze: ['accuracy', 'errors'], for: '1m' }] as const
  const analysis = [gateNamed('accuracy'), gateNamed('errors', { undecided: 'pass' })]
  const spec = { strategy: { canary: { steps } }, analysis } as const
  const undecided = ['accuracy', 'errors'].map((name) => ({
    gate: name,
    verdict: 'undecided' as const,
    conclusive: false,
    message: '',
  }))
  const rollout = {
    phase: 'analyzing',
    revision: 'candidate',
    step: 1,
    sinceMs: 0,
    untilMs: 60_000,
    gates: undecided,
  } as const

  it('tells what becomes of gates that stay undecided', () => {
    expect(explained({ rollout }, { spec })).toMatchObject({
      waitsFor: 'its gates to be measured in full',
      next: 'if all pass, it gets 100 % of traffic; if one fails, traffic returns; if accuracy is still undecided then, the step is extended; if errors is still undecided then, it counts as passed',
      untilMs: 60_000,
    })
    const calm = explained({ rollout: { ...rollout, gates: [] } }, { spec })
    expect(calm.next).toBe('if all pass, it gets 100 % of traffic; if one fails, traffic returns')
  })

  it('tells that the step was extended, and that a person is asked at its end', () => {
    const extended = { ...rollout, extended: true, untilMs: 120_000 } as const
    const { waitsFor, next, untilMs } = explained({ rollout: extended }, { spec })
    expect(waitsFor).toBe('all of its gates to pass, because the step ended undecided and was extended')
    expect(next).toContain('if accuracy is still undecided then, a person is asked')
    expect(untilMs).toBe(120_000)
  })
})

describe('explaining a move to another target', () => {
  const coming = {
    target: 'spare',
    role: 'coming' as const,
    sinceMs: 5,
    revisions: [{ revision: candidate, state: 'starting' as const, sinceMs: 5 }],
    requested: [],
    handles: [],
  }
  const moving: StatusParts = {
    elsewhere: [coming],
    rollout: { phase: 'retargeting', target: 'spare', revision: 'candidate', sinceMs: 5 },
  }

  it('names the new target, its revision and what follows', () => {
    expect(explained(moving)).toMatchObject({
      waitsFor: 'revision candidate to be ready at target spare, for 30m at most',
      next: 'all traffic moves to target spare; then the old target is emptied',
      revisions: [{ revision: 'stable', role: 'stable', weight: 100 }],
      elsewhere: [
        {
          target: 'spare',
          role: 'coming',
          sinceMs: 5,
          revisions: [{ revision: 'candidate', state: 'starting' }],
        },
      ],
    })
  })

  it('says what a permit leads to', () => {
    const blocked = {
      phase: 'blocked',
      revision: 'candidate',
      step: 0,
      weight: 100,
      sinceMs: 5,
      reason: 'Denied',
      message: 'no',
    } as const
    expect(explained({ elsewhere: [coming], rollout: blocked }).next).toBe(
      'all traffic moves to target spare',
    )
    expect(explained({ rollout: blocked }).next).toBe('the revision gets 100 % of traffic')
  })

  it('tells what other targets still hold, and what was given up there', () => {
    const givenUp = [{ target: 'gone', actor: { name: 'bob' }, atMs: 1 }]
    const left = { ...coming, role: 'leaving' as const }
    const elsewhere = [left, { ...left, target: 'gone' }]
    expect(explained({ elsewhere, givenUp }).elsewhere).toMatchObject([
      { target: 'spare', role: 'leaving' },
      { target: 'gone', role: 'given-up' },
    ])
  })
})

describe('explaining failed operations', () => {
  it('tells target, change, reason, count and the next try', () => {
    const { waitsFor, failures } = explained({
      rollout: { phase: 'starting', revision: 'candidate', sinceMs: 0 },
      requested: [
        {
          change: 'create:candidate',
          accepted: true,
          failed: { times: 3, reason: 'Quota: no GPU is free' },
          notBeforeMs: 99,
        },
        { change: 'shift:stable=95,candidate=5', accepted: true },
      ],
      elsewhere: [
        {
          target: 'spare',
          role: 'leaving',
          sinceMs: 0,
          revisions: [],
          requested: [
            { change: 'destroy', accepted: true, failed: { times: 1, reason: 'Busy' }, notBeforeMs: 7 },
          ],
          handles: [],
        },
      ],
    })
    expect(waitsFor).toBe(
      'revision candidate to be ready, for 30m at most (creating revision candidate at target prod failed 3 times and is tried again: Quota: no GPU is free; removing everything at target spare failed once and is tried again: Busy)',
    )
    expect(failures).toEqual([
      {
        target: 'prod',
        change: 'creating revision candidate',
        times: 3,
        reason: 'Quota: no GPU is free',
        nextTryMs: 99,
      },
      { target: 'spare', change: 'removing everything', times: 1, reason: 'Busy', nextTryMs: 7 },
    ])
  })
})

describe('explaining a busy target', () => {
  it('tells since when, how often and when it is asked again', () => {
    const { waitsFor, busy } = explained({
      rollout: { phase: 'starting', revision: 'candidate', sinceMs: 0 },
      requested: [
        { change: 'create:candidate', accepted: false, notBeforeMs: 99, busy: { sinceMs: 4, times: 3 } },
      ],
    })
    expect(waitsFor).toBe(
      'revision candidate to be ready, for 30m at most (target prod is busy, so creating revision candidate waits)',
    )
    expect(busy).toEqual([
      { target: 'prod', change: 'creating revision candidate', sinceMs: 4, times: 3, nextTryMs: 99 },
    ])
  })
})

describe('explaining revisions', () => {
  it('tells that the last looks did not show a revision', () => {
    const missing = { looks: 2, sinceMs: 4 }
    const { waitsFor, revisions } = explained({
      revisions: [{ revision: stable, state: 'ready', sinceMs: 0, missing }],
    })
    expect(waitsFor).toBe('the target to show revision stable again, which was missing at the last 2 looks')
    expect(revisions).toMatchObject([{ state: 'ready', missing }])
  })

  it('calls the model of an adopted revision unknown', () => {
    const { revisions } = explained({
      revisions: [{ revision: { ...stable, adopted: true }, state: 'ready', sinceMs: 0 }],
    })
    expect(revisions).toMatchObject([{ revision: 'stable', model: 'unknown' }])
  })
})

describe('explaining a target that the plane no longer has', () => {
  const gone = (names: string): RegExp =>
    new RegExp(`^${names}, which this plane does not have: give the plane .* again, or delete with force`)

  it('names the remedy, for a deletion also for targets that do not serve', () => {
    expect(explained({}, { targets: ['spare'] }).waitsFor).toMatch(gone('target "prod"'))
    const rollout = { phase: 'deleting', sinceMs: 0 } as const
    expect(explained({ rollout }, { deleted: true, targets: [] }).waitsFor).toMatch(gone('target "prod"'))
    const elsewhere = [newPlacement('old', 'leaving', 0)].map((at) => ({ ...at, revisions: [] }))
    expect(explained({ elsewhere }).waitsFor).toMatch(/^a change/)
    expect(explained({ elsewhere, rollout }, { deleted: true }).waitsFor).toMatch(gone('target "old"'))
    expect(explained({ elsewhere, rollout }, { deleted: true, targets: [] }).waitsFor).toMatch(
      gone('the targets "prod", "old"'),
    )
  })

  it('does not wait for what was given up', () => {
    const givenUp = [{ target: 'prod', actor: { name: 'bob' }, atMs: 1 }]
    const rollout = { phase: 'deleting', sinceMs: 0 } as const
    expect(explained({ rollout, givenUp }, { deleted: true, targets: [] }).waitsFor).toBe(
      'the target to be empty',
    )
  })
})

describe('explaining an undecided gate', () => {
  const rollout: Extract<Rollout, { phase: 'analyzing' }> = {
    phase: 'analyzing',
    revision: 'candidate',
    step: 1,
    sinceMs: 60_000,
    untilMs: 600_000,
    gates: [
      {
        gate: 'errors',
        verdict: 'undecided',
        conclusive: false,
        candidate: { value: 0.02, samples: 400 },
        missing: { samples: 1000, verdict: 'pass' },
        message: '',
      },
    ],
  }
  const spec: Partial<ModelDeploymentSpec> = {
    analysis: [gateNamed('errors')],
    strategy: { canary: { steps: [{ weight: 5 }, { analyze: ['errors'], for: '9m' }] } },
  }

  it('tells after how many minutes it is shown at the present rate', () => {
    // 400 samples in 2 minutes.
    expect(explained({ rollout }, { spec, nowMs: 180_000 }).gates).toMatchObject([{ shownInMinutes: 5 }])
    const again = { ...rollout, fromMs: 120_000 }
    expect(explained({ rollout: again }, { spec, nowMs: 180_000 }).gates).toMatchObject([
      { shownInMinutes: 2.5 },
    ])
  })

  it('knows that the samples so far are of a shorter time when they come late', () => {
    const delaysMs = { errors: 60_000 }
    expect(explained({ rollout }, { spec, nowMs: 240_000, delaysMs }).gates).toMatchObject([
      { shownInMinutes: 5 },
    ])
    // The last numbers are those of the window's end, however late it is.
    const { gates } = explained({ rollout }, { spec, nowMs: 700_000, delaysMs })
    expect(gates).toMatchObject([{ shownInMinutes: 22.5 }])
  })

  it('tells no minutes after the step, and when no number of samples is known', () => {
    const holding: Rollout = {
      phase: 'holding',
      revision: 'candidate',
      step: 1,
      sinceMs: 0,
      gates: rollout.gates,
      message: '',
    }
    const { missing: _, ...far } = rollout.gates[0] ?? {
      gate: 'errors',
      verdict: 'undecided',
      conclusive: false,
      message: '',
    }
    for (const each of [holding, { ...rollout, gates: [far] }]) {
      expect(explained({ rollout: each }, { spec, nowMs: 180_000 }).gates[0]).not.toHaveProperty(
        'shownInMinutes',
      )
    }
  })
})
