import { describe, expect, it } from 'vitest'
import type { TargetCapabilities } from '../../../../src/deployment-target/contract.ts'
import type {
  DeploymentStatus,
  LedgerEntry,
  RequestedChange,
} from '../../../../src/resources/deployment/deployment-status.ts'
import { recordOutcome } from '../../../../src/rollout/machine/effects/effect-outcome.ts'
import { here, statusWith } from '../../../status.ts'
import { capabilities, decideIn, observing, revisionFor, specWith, startMs } from './fixtures.ts'

const spec = specWith({ rolling: { step: 50, every: '0s' } })
const v1 = revisionFor(1, spec)
const v2 = revisionFor(2, spec)
const times = [0, 1000, 2500, 9000, 11_000]

const converged = statusWith({
  target: 'prod',
  stable: v1.name,
  revisions: [{ revision: v1, state: 'ready', sinceMs: startMs }],
  split: [{ revision: v1.name, weight: 100 }],
  rollout: { phase: 'converged', revision: v1.name, sinceMs: startMs },
})

describe('a target that tells how late its lists are', () => {
  it.each([
    ['two seconds where it tells nothing', undefined, 2500],
    ['the lag of its lists', 10_000, 11_000],
  ])('loses a revision after %s', (_what, listLagMs, lostAtMs) => {
    const declared = { capabilities: { ...capabilities, ...(listLagMs !== undefined && { listLagMs }) } }
    let status = converged
    const believed = times.filter((afterMs) => {
      const now = startMs + afterMs
      status = decideIn({ spec, desired: v1, status, observed: observing(), declared, now }).status
      return here(status).revisions[0]?.state === 'requested'
    })
    expect(believed[0]).toBe(lostAtMs)
  })

  it.each([
    ['the deadline where it tells nothing', undefined, 1_800_000],
    ['the lag of its lists', 10_000, 10_000],
  ])('is asked again for a stable revision that it accepted after %s', (_what, listLagMs, againAfterMs) => {
    const declared = { capabilities: { ...capabilities, ...(listLagMs !== undefined && { listLagMs }) } }
    const change = `create:${v1.name}`
    const status = statusWith({
      target: 'prod',
      stable: v1.name,
      revisions: [{ revision: v1, state: 'requested', sinceMs: startMs }],
      split: [{ revision: v1.name, weight: 100 }],
      rollout: { phase: 'converged', revision: v1.name, sinceMs: startMs },
      requested: [{ change, accepted: true, operationId: 'o1', acceptedMs: startMs }],
    })
    const at = (afterMs: number) =>
      decideIn({ spec, desired: v1, status, observed: observing(), declared, now: startMs + afterMs }).effect
        ?.kind
    expect([at(againAfterMs - 1), at(againAfterMs)]).toEqual([undefined, 'create'])
  })

  it.each([
    ['never where it tells nothing', undefined, [undefined, undefined, undefined]],
    [
      'after two seconds where its lists do not lag: it may need another call',
      0,
      [undefined, 'create', 'create'],
    ],
    ['after the lag of its lists', 10_000, [undefined, undefined, 'create']],
  ])('is asked again for a candidate that it accepted and does not show, %s', (_what, listLagMs, kinds) => {
    const declared = { capabilities: { ...capabilities, ...(listLagMs !== undefined && { listLagMs }) } }
    const status = requestedCandidate({ accepted: true, operationId: 'o1', acceptedMs: startMs })
    const at = (afterMs: number) =>
      decideIn({
        spec,
        desired: v2,
        status,
        observed: observing([v1, 'ready']),
        declared,
        now: startMs + afterMs,
      }).effect?.kind
    expect([at(1999), at(2000), at(10_000)]).toEqual(kinds)
  })

  it.each([
    ['deterministic', 'create'],
    ['tagged', undefined],
    ['random', undefined],
  ] as const)(
    'is asked again for a candidate only where that makes nothing twice: names are %s',
    (names, kind) => {
      expect(askedAgain({ names, acceptedAfterMs: 0, afterMs: 60_000 })).toBe(kind)
    },
  )

  it.each(['deterministic', 'tagged', 'random'] as const)(
    'is asked again at once, as another operation, for what it called unfinished: names are %s',
    (names) => {
      const change = `create:${v2.name}`
      const entry: LedgerEntry = {
        kind: 'create',
        change,
        revision: v2.name,
        operationId: 'o1',
        sinceMs: startMs,
        fence: 1,
      }
      const { status: after } = recordOutcome(
        requestedCandidate({ accepted: false, operationId: 'o1' }),
        'prod',
        entry,
        { kind: 'accepted', handle: 'h1', unfinished: true },
        { nowMs: startMs },
      )
      expect(here(after).handles).toEqual([{ handle: 'h1', revisions: [v2.name] }])
      expect(here(after).requested).toEqual([{ change, accepted: false }])
      const declared = { capabilities: { ...capabilities, names } }
      const observed = observing([v1, 'ready'])
      const { effect } = decideIn({ spec, desired: v2, status: after, observed, declared, now: startMs })
      expect(effect).toMatchObject({ kind: 'create', revision: v2.name })
    },
  )

  it('is asked again ever later, because it may need many calls or never show the candidate', () => {
    const waits = [0, 2000, 4000, 8000].map((acceptedAfterMs) => {
      const at = (ms: number) =>
        askedAgain({ names: 'deterministic', acceptedAfterMs, afterMs: acceptedAfterMs + ms })
      return [2000, 4000, 8000].find((ms) => at(ms) === 'create' && at(ms - 1) === undefined)
    })
    expect(waits).toEqual([2000, 2000, 4000, 8000])
  })
})

function requestedCandidate(request: Omit<RequestedChange, 'change'>): DeploymentStatus {
  return statusWith({
    target: 'prod',
    stable: v1.name,
    revisions: [
      { revision: v1, state: 'ready', sinceMs: startMs },
      { revision: v2, state: 'requested', sinceMs: startMs },
    ],
    split: [{ revision: v1.name, weight: 100 }],
    rollout: { phase: 'starting', revision: v2.name, sinceMs: startMs },
    requested: [{ change: `create:${v2.name}`, ...request }],
  })
}

/** What is sent for a candidate that is not shown, so long after it was asked for. */
function askedAgain({
  names,
  acceptedAfterMs,
  afterMs,
}: {
  readonly names: TargetCapabilities['names']
  readonly acceptedAfterMs: number
  readonly afterMs: number
}) {
  const acceptedMs = startMs + acceptedAfterMs
  const status = requestedCandidate({ accepted: true, operationId: 'o1', acceptedMs })
  const declared = { capabilities: { ...capabilities, names, listLagMs: 0 } }
  const observed = observing([v1, 'ready'])
  return decideIn({ spec, desired: v2, status, observed, declared, now: startMs + afterMs }).effect?.kind
}
