import { describe, expect, it } from 'vitest'
import type { DeploymentStatus, GateResult } from '../../../../src/resources/deployment/deployment-status.ts'
import { command } from '../../../../src/rollout/machine/commands.ts'
import { result, sceneOf } from './analyzing.ts'
import { ada, decideIn, gateNamed, observing, revisionFor, specWith, startMs } from './fixtures.ts'

const gate = gateNamed('accuracy')
const scene = sceneOf(gate)
const spec = specWith(
  { canary: { steps: [{ weight: 20 }, { analyze: ['accuracy'], for: '1m' }, { weight: 50 }] } },
  { analysis: [gate] },
)
const first = { number: 1, fromMs: startMs }
const tested = (rest: Partial<GateResult> = {}): GateResult =>
  result('accuracy', 'undecided', { window: first, ...rest })

/** The window that the machine tells when it asks for the gate. */
function told(status: DeploymentStatus, ms: number): unknown {
  const { need } = scene.at(ms, undefined, status)
  return need?.kind === 'gates' ? need.gates[0]?.window : 'not asked'
}

const resumed = (status: DeploymentStatus, ms: number, of = spec): DeploymentStatus =>
  command(status, of, { kind: 'resume' }, ada, startMs + ms).status

describe('the windows that a gate has used up', () => {
  it('are none before the first test', () => {
    expect(told(scene.analyzing(), 1000)).toBeUndefined()
  })

  it('are in the status after each look, so that a process that dies loses none', () => {
    const { status } = scene.at(30_000, [tested()])
    expect(told(JSON.parse(JSON.stringify(status)), 31_000)).toEqual(first)
  })

  it('go on when the source lost its numbers and the step is measured again', () => {
    const second = { number: 2, fromMs: startMs + 30_000 }
    const lost = tested({ window: second, coveredFromMs: startMs + 30_000 })
    const { status } = scene.at(60_000, [lost])
    expect(status.rollout).toMatchObject({ fromMs: startMs + 30_000 })
    expect(told(status, 61_000)).toEqual(second)
  })

  it('are the same when a step is extended, which is no new test', () => {
    const { status } = scene.at(60_000, [tested()])
    expect(status.rollout).toHaveProperty('extended', true)
    expect(told(status, 61_000)).toEqual(first)
  })

  it('are the same when a person paused and resumed a step that went on', () => {
    const paused = scene.at(
      30_000,
      [tested()],
      scene.analyzing({}, { paused: { actor: ada, atMs: startMs } }),
    )
    expect(told(resumed(paused.status, 31_000), 32_000)).toEqual(first)
  })

  it('are over when a person resumes a held step, also again and again', () => {
    const pausing = sceneOf(gateNamed('accuracy', { undecided: 'pause' }))
    const held = pausing.at(60_000, [tested()]).status
    const once = resumed(held, 70_000)
    expect(told(once, 71_000)).toEqual({ number: 1 })
    // Nothing could be tested in the second window.
    const nothing = result('accuracy', 'no-data', { window: { number: 1 } })
    const twice = resumed(pausing.at(130_000, [nothing], once).status, 140_000)
    expect(told(twice, 141_000)).toEqual({ number: 1 })
    const second = { number: 2, fromMs: startMs + 140_000 }
    const thrice = resumed(pausing.at(200_000, [tested({ window: second })], twice).status, 210_000)
    expect(told(thrice, 211_000)).toEqual({ number: 2 })
  })

  it('are over when a person resumes a step whose candidate was not ready', () => {
    const paused = { paused: { actor: ada, atMs: startMs } }
    const status = scene.analyzing({ gates: [tested()] }, paused)
    const unready = status.placements.map((placement) => ({
      ...placement,
      revisions: placement.revisions.map((each) => ({ ...each, state: 'unready' as const })),
    }))
    const again = resumed({ ...status, placements: unready }, 30_000)
    expect(again.rollout).toMatchObject({ sinceMs: startMs + 30_000, earlierWindows: 1, gates: [] })
  })

  it('are not those of another step, nor of other steps that were declared meanwhile', () => {
    const held = sceneOf(gateNamed('accuracy', { undecided: 'pause' })).at(60_000, [tested()]).status
    const other = specWith(
      { canary: { steps: [{ analyze: ['accuracy'], for: '1m' }, { weight: 50 }] } },
      { analysis: [gate] },
    )
    expect(resumed(held, 70_000, other).rollout).toMatchObject({ phase: 'analyzing', step: 0 })
    expect(resumed(held, 70_000, other).rollout).not.toHaveProperty('earlierWindows')
  })

  it('are kept where nothing else of a look is: the plane cannot go on, or the candidate is not ready', () => {
    const second = { number: 2, fromMs: startMs + 30_000 }
    const known = scene.analyzing({ gates: [tested()] })
    const [v1, v2] = [revisionFor(1, spec), revisionFor(2, spec)]
    const blind = (gates: readonly GateResult[]) =>
      decideIn({
        spec,
        desired: v2,
        status: known,
        analysis: { gates },
        observed: observing([v1, 'ready'], [v2, 'ready']),
        declared: { hindered: true },
        now: startMs + 40_000,
      }).status.rollout
    expect(blind([tested({ window: second })])).toMatchObject({ gates: [{ window: second }] })
    // The same window is no news that is worth a write.
    expect(blind([tested({ message: 'other words' })])).toEqual(known.rollout)
    const ended = decideIn({
      spec,
      desired: v2,
      status: known,
      observed: observing([v1, 'ready'], [v2, 'unready']),
      analysis: { gates: [result('accuracy', 'pass', { window: second })] },
      now: startMs + 61_000,
    })
    expect(ended.status.rollout).toMatchObject({ phase: 'analyzing', gates: [{ window: second }] })
  })
})
