import { describe, expect, it } from 'vitest'
import type {
  DeploymentStatus,
  Phase,
  Rollout,
} from '../../../../src/resources/deployment/deployment-status.ts'
import { type Command, command } from '../../../../src/rollout/machine/commands.ts'
import { splitOf } from '../../../../src/rollout/machine/status-edits.ts'
import { nameSteps, stepsOf } from '../../../../src/rollout/machine/strategy-steps.ts'
import { here, ledgerOf, type RevisionPart, type StatusParts, statusWith } from '../../../status.ts'
import { ada, gateNamed, revisionFor, specWith, startMs } from './fixtures.ts'

const spec = specWith(
  {
    canary: {
      steps: [
        { weight: 10 },
        { pause: '1m' },
        { analyze: ['accuracy'], for: '1m' },
        { weight: 100 },
        { analyze: ['errors'], for: '1m' },
      ],
    },
  },
  { analysis: [gateNamed('accuracy'), gateNamed('errors')] },
)
const stable = revisionFor(1, spec)
const candidate = revisionFor(2, spec)
const of = { revision: candidate.name, sinceMs: startMs }

const stands: Readonly<Record<Phase, Rollout>> = {
  pending: { phase: 'pending', sinceMs: startMs },
  blocked: { ...of, phase: 'blocked', step: 0, weight: 10, reason: 'Denied', message: 'no' },
  starting: { ...of, phase: 'starting' },
  shifting: { ...of, phase: 'shifting', step: 0, weight: 10 },
  pausing: { ...of, phase: 'pausing', step: 1, untilMs: startMs + 60_000 },
  analyzing: { ...of, phase: 'analyzing', step: 2, untilMs: startMs + 60_000, gates: [] },
  holding: { ...of, phase: 'holding', step: 2, gates: [], message: 'no data' },
  retiring: { ...of, phase: 'retiring', untilMs: startMs },
  'rolling-back': { ...of, phase: 'rolling-back', cause: 'GateFailed', message: 'worse' },
  failed: { ...of, phase: 'failed', cause: 'GateFailed', message: 'worse' },
  converged: { ...of, phase: 'converged' },
  stopped: { ...of, phase: 'stopped', message: 'who knows' },
  retargeting: { phase: 'retargeting', target: 'prod', revision: 'aaaa', sinceMs: startMs },
  deleting: { phase: 'deleting', sinceMs: startMs },
}

const aborted = {
  revision: candidate.name,
  cause: 'GateFailed',
  message: 'worse',
  atMs: 0,
  actor: ada,
} as const

function standing(phase: Phase, rest: StatusParts = {}): DeploymentStatus {
  return statusWith({
    desired: candidate,
    stable: stable.name,
    target: 'prod',
    steps: nameSteps(stepsOf(spec)),
    revisions: [stable, candidate].map((revision) => ({
      revision,
      state: 'ready' as const,
      sinceMs: startMs,
    })),
    split: [{ revision: stable.name, weight: 100 }],
    rollout: stands[phase],
    ...rest,
  })
}

const asked = (status: DeploymentStatus, it: Command): ReturnType<typeof command> =>
  command(status, spec, it, ada, startMs + 1_000)

const phases = Object.keys(stands) as Phase[]
const allowed: Readonly<Record<Command['kind'], readonly Phase[]>> = {
  approve: phases,
  pause: phases,
  promote: ['pausing', 'analyzing', 'holding'],
  resume: ['holding'],
  abort: ['blocked', 'starting', 'shifting', 'pausing', 'analyzing', 'holding', 'retargeting'],
  retry: ['rolling-back', 'failed', 'stopped'],
  'take-over': phases,
  'give-up': phases,
}

function commandTo(kind: Command['kind']): Command {
  return kind === 'give-up' ? { kind, target: 'prod', configured: false } : { kind }
}

describe('a command', () => {
  for (const kind of Object.keys(allowed) as Command['kind'][]) {
    it.each(phases)(`to ${kind} names its actor or throws wrong-phase, in the phase %s`, (phase) => {
      if (allowed[kind].includes(phase)) {
        const { events } = asked(standing(phase), commandTo(kind))
        expect(events[0]?.actor).toEqual(ada)
      } else {
        expect(() => asked(standing(phase), commandTo(kind))).toThrow(
          expect.objectContaining({ code: 'wrong-phase', details: { phase, asked: kind } }),
        )
      }
    })
  }
})

describe('promote', () => {
  it('ends the step and records the gates that it skipped', () => {
    const { status, events } = asked(standing('holding'), { kind: 'promote' })
    expect(status.rollout).toMatchObject({ phase: 'shifting', step: 3, weight: 100 })
    expect(events[0]).toMatchObject({ action: 'rollout-promoted', details: { skipped: ['accuracy'] } })
  })

  it('with full moves to all traffic and skips all gates, also those after the last weight', () => {
    const { status, events } = asked(standing('pausing'), { kind: 'promote', full: true })
    expect(status.rollout).toMatchObject({ phase: 'shifting', step: 5, weight: 100 })
    expect(events[0]?.details).toMatchObject({ from: 1, to: 5, full: true, skipped: ['accuracy', 'errors'] })
    expect(events).toHaveLength(1)
  })

  it('at the last step completes the rollout', () => {
    const last = standing('analyzing', {
      rollout: { ...of, phase: 'analyzing', step: 4, untilMs: startMs + 60_000, gates: [] },
      split: [{ revision: candidate.name, weight: 100 }],
    })
    const { status, events } = asked(last, { kind: 'promote' })
    expect([status.stable, status.rollout.phase]).toEqual([candidate.name, 'retiring'])
    expect(events.map(({ action }) => action)).toEqual(['rollout-promoted', 'rollout-completed'])
  })

  it('is refused when the rollout moved on from the revision, the step or the phase that it speaks of', () => {
    const seen = { kind: 'promote', revision: candidate.name, step: 2, phase: 'analyzing' } as const
    expect(asked(standing('analyzing'), seen).events[0]?.details).toMatchObject({ from: 2, to: 3 })
    const elsewhere = { revision: candidate.name, step: 2 }
    expect(() => asked(standing('holding'), seen)).toThrow(
      expect.objectContaining({ code: 'conflict', details: { ...elsewhere, phase: 'holding' } }),
    )
    expect(() => asked(standing('holding'), { kind: 'promote', step: 1 })).toThrow(
      /now holding .* at steps\[2\]/,
    )
    expect(() => asked(standing('holding'), { kind: 'promote', revision: stable.name })).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    )
    expect(() => asked(standing('converged'), seen)).toThrow(expect.objectContaining({ code: 'conflict' }))
  })

  it('is refused when the declared steps are not the steps of the rollout', () => {
    expect(() => asked(standing('pausing', { steps: 'others' }), { kind: 'promote' })).toThrow(/other steps/)
  })
})

describe('pause and resume', () => {
  it('store the actor once at the pause, and remove it at the resume', () => {
    const { status } = asked(standing('starting'), { kind: 'pause' })
    expect(status.paused).toEqual({ actor: ada, atMs: startMs + 1_000 })
    expect(asked(status, { kind: 'pause' }).events).toEqual([])
    const resumed = asked(status, { kind: 'resume' }).status
    expect(resumed.paused).toBeUndefined()
    expect(resumed.rollout.sinceMs).toBe(startMs + 1_000)
  })

  it('let a pause between two steps end at its original time', () => {
    const paused = { actor: ada, atMs: startMs }
    const { status } = asked(standing('pausing', { paused }), { kind: 'resume' })
    expect(status.rollout).toMatchObject({ phase: 'pausing', untilMs: startMs + 60_000 })
  })

  it('measure a step again that was held or that had an unready candidate', () => {
    const held = asked(standing('holding'), { kind: 'resume' }).status
    expect(held.rollout).toMatchObject({ phase: 'analyzing', step: 2, sinceMs: startMs + 1_000 })
    const paused = { actor: ada, atMs: startMs }
    const kept = asked(standing('analyzing', { paused }), { kind: 'resume' }).status
    expect(kept.rollout.sinceMs).toBe(startMs)
    const revisions = [{ revision: candidate, state: 'unready' as const, sinceMs: startMs }]
    const unready = asked(standing('analyzing', { paused, revisions }), { kind: 'resume' }).status
    expect(unready.rollout.sinceMs).toBe(startMs + 1_000)
  })

  it('begin with the first step when other steps were declared', () => {
    const { status } = asked(standing('holding', { steps: 'others' }), { kind: 'resume' })
    expect(status.rollout).toMatchObject({ phase: 'shifting', step: 0 })
  })
})

describe('abort', () => {
  const halved = [
    { revision: stable.name, weight: 50 },
    { revision: candidate.name, weight: 50 },
  ]
  const stableAs = (rest: Partial<Omit<RevisionPart, 'revision'>>): StatusParts => ({
    split: halved,
    revisions: [
      { revision: stable, state: 'ready', sinceMs: startMs, ...rest },
      { revision: candidate, state: 'unready', sinceMs: startMs },
    ],
  })

  it('returns all traffic to the stable revision in the same write', () => {
    const { status, events } = asked(standing('analyzing', stableAs({})), { kind: 'abort' })
    const split = [{ revision: stable.name, weight: 100 }]
    expect(splitOf(status)).toEqual(split)
    expect(events).toMatchObject([
      { action: 'rollout-aborted', actor: ada },
      { action: 'split-changed', actor: ada, details: { split, previous: halved } },
    ])
    expect(here(status).revisions).toHaveLength(2)
  })

  it('moves no traffic to a stable revision that was not seen ready at the last look', () => {
    for (const rest of [{ state: 'unready' as const }, { missing: { looks: 1, sinceMs: startMs } }]) {
      const { status, events } = asked(standing('analyzing', stableAs(rest)), { kind: 'abort' })
      expect(splitOf(status)).toEqual(halved)
      expect(events.map(({ action }) => action)).toEqual(['rollout-aborted'])
    }
  })

  it('says nothing of traffic when the stable revision has all of it', () => {
    const { events } = asked(standing('starting'), { kind: 'abort' })
    expect(events.map(({ action }) => action)).toEqual(['rollout-aborted'])
  })

  it('has what was coming to another target removed there', () => {
    const coming = {
      target: 'spare',
      role: 'coming' as const,
      sinceMs: startMs,
      revisions: [{ revision: candidate, state: 'starting' as const, sinceMs: startMs }],
      requested: [],
      handles: [{ handle: 'h1', revisions: [] }],
    }
    const { status } = asked(standing('starting', { elsewhere: [coming] }), { kind: 'abort' })
    expect(status.placements).toMatchObject([
      { target: 'prod', role: 'serving' },
      { target: 'spare', role: 'leaving', sinceMs: startMs + 1_000, handles: [{ handle: 'h1' }] },
    ])
  })

  it('turns the rollout back and remembers the aborted revision', () => {
    const { status } = asked(standing('shifting'), { kind: 'abort', reason: 'looks odd' })
    expect(status.rollout).toMatchObject({ phase: 'rolling-back', cause: 'Aborted', message: 'looks odd' })
    expect(status.aborted).toMatchObject([{ revision: candidate.name, actor: ada }])
  })

  it('keeps the newest hundred aborted revisions', () => {
    const many = Array.from({ length: 100 }, (_, place) => ({ ...aborted, revision: `r${place}` }))
    const { status } = asked(standing('shifting', { aborted: many }), { kind: 'abort' })
    expect(status.aborted.length).toBe(100)
    expect([status.aborted[0]?.revision, status.aborted.at(-1)?.revision]).toEqual(['r1', candidate.name])
  })
})

describe('retry', () => {
  it('is refused for a revision that is not the one that failed', () => {
    const other = { kind: 'retry', revision: stable.name } as const
    expect(() => asked(standing('failed'), other)).toThrow(expect.objectContaining({ code: 'conflict' }))
  })

  it('removes the revision from the aborted ones and begins again', () => {
    const { status } = asked(standing('failed', { aborted: [aborted] }), { kind: 'retry' })
    expect([status.aborted, status.rollout.phase]).toEqual([[], 'pending'])
  })

  it('lets a rollback end first', () => {
    const { status } = asked(standing('rolling-back', { aborted: [aborted] }), { kind: 'retry' })
    expect(status.rollout).toMatchObject({ phase: 'rolling-back', cause: 'Superseded' })
  })

  it('keeps the ledger entry of an effect that has no answer yet', () => {
    const effect = {
      operationId: 'o1',
      kind: 'create',
      change: `create:${candidate.name}`,
      revision: candidate.name,
      sinceMs: startMs,
      fence: 1,
    } as const
    const requested = [{ change: `create:${candidate.name}`, accepted: false }]
    const { status } = asked(standing('rolling-back', { effect, requested }), { kind: 'retry' })
    expect([ledgerOf(status), here(status).requested]).toEqual([effect, requested])
  })

  it('first returns the traffic of the candidate when the rollout was stopped', () => {
    const split = [
      { revision: stable.name, weight: 90 },
      { revision: candidate.name, weight: 10 },
    ]
    const { status } = asked(standing('stopped', { split }), { kind: 'retry' })
    expect(status.rollout).toMatchObject({ phase: 'rolling-back', revision: candidate.name })
  })
})

describe('take-over', () => {
  it('keeps the first actor until the loop has used it, and names the targets', () => {
    const { status, events } = asked(standing('converged'), { kind: 'take-over' })
    expect(status.takeOver).toEqual({ actor: ada, atMs: startMs + 1_000 })
    expect(events).toEqual([{ action: 'deployment-taken-over', details: { targets: ['prod'] }, actor: ada }])
    expect(asked(status, { kind: 'take-over' })).toEqual({ status, events: [] })
  })
})

describe('give-up', () => {
  const placement = {
    sinceMs: startMs,
    revisions: [{ revision: stable, state: 'ready', sinceMs: startMs }],
    requested: [{ change: 'create:r9', accepted: false }],
    handles: [
      { handle: 'h1', revisions: ['r8'] },
      { handle: 'h2', revisions: [] },
    ],
  } as const
  const left = { elsewhere: [{ ...placement, target: 'old', role: 'leaving' }] } as const

  it('names the revisions and handles that may remain', () => {
    const { status, events } = asked(standing('converged', left), {
      kind: 'give-up',
      target: 'old',
      configured: false,
    })
    expect(status.givenUp).toEqual([{ target: 'old', actor: ada, atMs: startMs + 1_000 }])
    expect(status.placements).toEqual(standing('converged', left).placements)
    expect(events).toEqual([
      {
        action: 'target-given-up',
        details: { target: 'old', revisions: [stable.name, 'r9', 'r8'], handles: ['h1', 'h2'] },
        actor: ada,
      },
    ])
    expect(asked(status, { kind: 'give-up', target: 'old', configured: false }).events).toEqual([])
  })

  it('is refused while the plane has the target, and where the deployment has nothing', () => {
    const giveUp = (target: string, configured: boolean) => () =>
      asked(standing('converged', left), { kind: 'give-up', target, configured })
    expect(giveUp('old', true)).toThrow(/this plane has target "old"/)
    expect(giveUp('other', false)).toThrow(/nothing at target "other"/)
    expect(giveUp('other', false)).toThrow(expect.objectContaining({ code: 'wrong-phase' }))
  })
})

describe('approve', () => {
  it('is for the desired revision unless another is named, and keeps the newest hundred approvals', () => {
    expect(asked(standing('blocked'), { kind: 'approve' }).status.approvals).toEqual([
      { revision: candidate.name, overrideSoft: false, actor: ada, atMs: startMs + 1_000 },
    ])
    const approvals = Array.from({ length: 100 }, (_, place) => ({
      revision: `r${place}`,
      overrideSoft: false,
      actor: ada,
      atMs: 0,
    }))
    const { status } = asked(standing('blocked', { approvals }), { kind: 'approve' })
    expect([status.approvals.length, status.approvals.at(-1)?.revision]).toEqual([100, candidate.name])
  })

  it('is refused when no revision is desired and none is named', () => {
    const { desired: _, ...unknown } = standing('pending')
    expect(() => asked(unknown, { kind: 'approve' })).toThrow(/name one/)
    expect(asked(unknown, { kind: 'approve', revision: 'r1' }).status.approvals).toHaveLength(1)
  })
})
