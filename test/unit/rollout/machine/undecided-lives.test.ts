import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeploymentStatus, GateResult } from '../../../../src/resources/deployment/deployment-status.ts'
import type { AnalysisGate, Undecided } from '../../../../src/resources/deployment/model-deployment.ts'
import { durationMs } from '../../../../src/resources/duration.ts'
import { draws } from '../../../draws.ts'
import { result, type Scene, sceneOf } from './analyzing.ts'
import { ada, gateNamed, startMs } from './fixtures.ts'

const names = ['accuracy', 'errors'] as const
const ends = ['extend', 'pause', 'pass', 'fail'] as const

const gates: fc.Arbitrary<readonly AnalysisGate[]> = fc.tuple(
  ...names.map((name) =>
    fc
      .record({
        undecided: fc.option(fc.constantFrom<Undecided>(...ends), { nil: undefined }),
        maxFor: fc.constantFrom(undefined, '1m' as const, '3m' as const, '10m' as const),
        noData: fc.constantFrom('pause' as const, 'fail' as const),
      })
      .map(({ undecided, maxFor, noData }) =>
        gateNamed(name, {
          noData,
          ...(undecided !== undefined && { undecided }),
          ...(maxFor !== undefined && { maxFor }),
        }),
      ),
  ),
)

const verdict = fc.oneof(
  { weight: 6, arbitrary: fc.constant('undecided' as const) },
  { weight: 3, arbitrary: fc.constant('pass' as const) },
  { weight: 1, arbitrary: fc.constantFrom('fail' as const, 'no-data' as const, 'error' as const) },
)

interface Look {
  readonly afterMs: number
  readonly verdicts: readonly GateResult['verdict'][]
  readonly conclusive: boolean
  /** Where the source was restarted, how long before the look. */
  readonly lostMs: number | undefined
  readonly paused: boolean
  /** The process died before its write, so that the next look begins with the same status. */
  readonly died: boolean
}

const look: fc.Arbitrary<Look> = fc.record({
  afterMs: fc.integer({ min: 1, max: 45_000 }),
  verdicts: fc.tuple(verdict, verdict),
  conclusive: fc.boolean(),
  lostMs: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.nat(30_000) },
  ),
  paused: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  died: fc.boolean(),
})

/** What came of an analysis, with everything that was written on the way. */
interface Life {
  readonly extensions: number
  readonly passed: readonly GateResult[] | undefined
  readonly status: DeploymentStatus
}

function live(
  scene: Scene,
  looks: readonly Look[],
  check: (status: DeploymentStatus, now: number) => void,
): Life {
  let status = scene.analyzing()
  let now = 0
  let extensions = 0
  for (const { afterMs, verdicts, conclusive, lostMs, paused, died } of looks) {
    now += afterMs
    const { paused: _, ...going } = status
    status = paused ? { ...status, paused: { actor: ada, atMs: startMs + now } } : going
    const results = names.map((name, place) =>
      result(name, verdicts[place] ?? 'pass', {
        conclusive,
        ...(lostMs !== undefined && { coveredFromMs: startMs + now - Math.min(lostMs, afterMs) }),
      }),
    )
    const { status: next, events } = scene.at(now, results, status)
    if (died) continue
    status = next
    extensions += events.filter(({ action }) => action === 'analysis-extended').length
    check(status, startMs + now)
    const passed = events.find(({ action }) => action === 'analysis-passed')
    if (passed !== undefined) {
      return { extensions, passed: passed.details.gates as readonly GateResult[], status }
    }
    if (status.rollout.phase !== 'analyzing') break
  }
  return { extensions, passed: undefined, status }
}

const runs = { numRuns: draws(150, 3000), seed: 20260113 }
const looks = fc.array(look, { minLength: 5, maxLength: 60 })

describe('an analysis of any gates, with processes that die and people who pause it', () => {
  it('passes no gate that is undecided, unless the gate says so', () => {
    let passes = 0
    fc.assert(
      fc.property(gates, looks, (analysis, given) => {
        const { passed = [] } = live(sceneOf(...analysis), given, () => {})
        passes += passed.length
        for (const { gate: name, verdict: said } of passed) {
          const mayPass = analysis.find((gate) => gate.name === name)?.undecided === 'pass'
          expect(said === 'pass' || (said === 'undecided' && mayPass), `${name} is ${said}`).toBe(true)
        }
      }),
      runs,
    )
    expect(passes).toBeGreaterThan(20)
  })

  it('is extended at most once, and never beyond the longest maxFor', () => {
    const seen = new Set<number>()
    fc.assert(
      fc.property(gates, looks, (analysis, given) => {
        const longestMs = Math.max(
          60_000,
          ...analysis.map(({ maxFor }) => (maxFor === undefined ? 120_000 : durationMs(maxFor))),
        )
        const { extensions } = live(sceneOf(...analysis), given, ({ rollout }) => {
          if (rollout.phase !== 'analyzing') return
          const { fromMs, sinceMs, untilMs } = rollout
          expect(untilMs - (fromMs ?? sinceMs)).toBeLessThanOrEqual(longestMs)
        })
        seen.add(extensions)
        expect(extensions).toBeLessThanOrEqual(1)
      }),
      runs,
    )
    expect([...seen].sort()).toEqual([0, 1])
  })

  it('is over at its end, unless a person paused it or its source lost data', () => {
    fc.assert(
      fc.property(gates, looks, (analysis, given) => {
        const lasting = given.map((each) => ({ ...each, lostMs: undefined, paused: false, died: false }))
        const last = [1, 2].map(() => ({ ...lasting[0], afterMs: 600_000 }) as Look)
        const { status } = live(sceneOf(...analysis), [...lasting, ...last], () => {})
        expect(status.rollout.phase).not.toBe('analyzing')
      }),
      runs,
    )
  })
})
