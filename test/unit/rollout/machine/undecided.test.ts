import { describe, expect, it } from 'vitest'
import type { DeploymentStatus, GateResult } from '../../../../src/resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../../../src/resources/deployment/model-deployment.ts'
import type { Instruction } from '../../../../src/rollout/machine/machine-types.ts'
import { result, sceneOf } from './analyzing.ts'
import { ada, gateNamed, startMs } from './fixtures.ts'

const undecided = result('accuracy', 'undecided')
const passed = result('accuracy', 'pass')
const failed = result('accuracy', 'fail')

/** The end of a step whose only gate is undecided. */
function end(gate: Partial<AnalysisGate> = {}, results: readonly GateResult[] = [undecided]): Instruction {
  return sceneOf(gateNamed('accuracy', gate)).at(60_000, results)
}

const actions = ({ events }: Instruction): readonly string[] => events.map(({ action }) => action)
const phase = ({ status }: Instruction): string => status.rollout.phase

/** The status of a step that was extended at its end. */
function extended(gate: Partial<AnalysisGate> = {}): DeploymentStatus {
  return end(gate).status
}

describe('a gate that is undecided at the end of its step', () => {
  it('extends the step to twice its time, and says so in an event with its results', () => {
    const { status, events, requeueAfterMs } = end()
    const untilMs = startMs + 120_000
    expect(status.rollout).toMatchObject({ phase: 'analyzing', extended: true, untilMs, gates: [undecided] })
    expect(events).toMatchObject([
      {
        action: 'analysis-extended',
        details: { step: 1, untilMs, gates: [undecided], message: 'accuracy is undecided' },
      },
    ])
    expect(requeueAfterMs).toBeGreaterThan(0)
  })

  it('extends the step to maxFor', () => {
    expect(end({ maxFor: '5m' }).status.rollout).toMatchObject({ untilMs: startMs + 300_000 })
  })

  it('extends nothing before the end of the step, while a person paused it, or when maxFor is no longer', () => {
    const scene = sceneOf(gateNamed('accuracy'))
    const paused = scene.analyzing({}, { paused: { actor: ada, atMs: startMs } })
    for (const each of [scene.at(59_999, [undecided]), scene.at(60_000, [undecided], paused)]) {
      expect([phase(each), actions(each)]).toEqual(['analyzing', []])
      expect(each.status.rollout).not.toHaveProperty('extended')
    }
    expect(phase(end({ maxFor: '1m' }))).toBe('holding')
  })

  it('waits for the last numbers of a late source', () => {
    const scene = sceneOf(gateNamed('accuracy'))
    const late = { delaysMs: { accuracy: 5000 } }
    expect(actions(scene.at(64_999, [undecided], undefined, late))).toEqual([])
    expect(actions(scene.at(65_000, [undecided], undefined, late))).toEqual(['analysis-extended'])
  })

  it('holds the rollout with pause, and the record has its whole result', () => {
    const held = end({ undecided: 'pause' })
    expect(held.status.rollout).toMatchObject({ phase: 'holding', message: 'accuracy is undecided' })
    expect(held.events).toMatchObject([{ action: 'rollout-held', details: { gates: [undecided] } }])
  })

  it('passes with pass, and the record says that this is not shown', () => {
    const moved = end({ undecided: 'pass' })
    expect(phase(moved)).toBe('shifting')
    expect(moved.events[0]).toMatchObject({
      action: 'analysis-passed',
      details: {
        gates: [
          {
            verdict: 'undecided',
            message: 'accuracy is undecided; this counts as passed, although it is not shown',
          },
        ],
      },
    })
  })

  it('turns the rollout back with fail', () => {
    expect(end({ undecided: 'fail' }).status.rollout).toMatchObject({
      phase: 'rolling-back',
      cause: 'GateInconclusive',
      gates: [undecided],
    })
  })

  it('is asked after the other gates: one that failed or that asks for a person decides', () => {
    const scene = (other: Partial<AnalysisGate>) => sceneOf(gateNamed('accuracy'), gateNamed('errors', other))
    const plain = result('errors', 'fail', { conclusive: false })
    expect(phase(scene({}).at(60_000, [undecided, plain]))).toBe('rolling-back')
    expect(phase(scene({ noData: 'fail' }).at(60_000, [undecided, result('errors', 'no-data')]))).toBe(
      'rolling-back',
    )
    expect(phase(scene({}).at(60_000, [undecided, result('errors', 'no-data')]))).toBe('holding')
    expect(phase(scene({ undecided: 'pause' }).at(60_000, [undecided, result('errors', 'undecided')]))).toBe(
      'holding',
    )
    const passing = scene({ undecided: 'pass' }).at(60_000, [undecided, result('errors', 'undecided')])
    expect(passing.status.rollout).toMatchObject({ phase: 'analyzing', extended: true })
  })

  it('does not extend a step whose source lost a part of it: the step is measured again', () => {
    const again = end({}, [{ ...undecided, coveredFromMs: startMs + 30_000 }]).status.rollout
    expect(again).toMatchObject({ phase: 'analyzing', fromMs: startMs + 30_000, untilMs: startMs + 90_000 })
    expect(again).not.toHaveProperty('extended')
  })
})

describe('a step that was extended', () => {
  const scene = sceneOf(gateNamed('accuracy'))

  it('ends as soon as its gates pass', () => {
    expect(phase(scene.at(61_000, [passed], extended()))).toBe('shifting')
    expect(phase(scene.at(61_000, [undecided], extended()))).toBe('analyzing')
    // Without the extension, a gate passes at the end only.
    expect(phase(scene.at(59_000, [passed]))).toBe('analyzing')
  })

  it('ends as soon as a gate surely fails, but a plain failure waits for the end', () => {
    const plain = result('accuracy', 'fail', { conclusive: false })
    expect(phase(scene.at(61_000, [failed], extended()))).toBe('rolling-back')
    expect(phase(scene.at(61_000, [plain], extended()))).toBe('analyzing')
    expect(phase(scene.at(120_000, [plain], extended()))).toBe('rolling-back')
  })

  it('goes on when a person resumes it, and does not go on while it is paused', () => {
    const paused = { ...extended(), paused: { actor: ada, atMs: startMs } }
    expect(phase(scene.at(61_000, [passed], paused))).toBe('analyzing')
    expect(phase(scene.at(130_000, [undecided], paused))).toBe('analyzing')
    expect(phase(scene.at(130_000, [undecided], extended()))).toBe('holding')
  })

  it('asks a person when it is still undecided at its end', () => {
    const held = scene.at(120_000, [undecided], extended())
    expect(held.status.rollout).toMatchObject({ phase: 'holding', gates: [undecided] })
    expect(actions(held)).toEqual(['rollout-held'])
  })

  it('reads its gates up to its new end', () => {
    const need = (ms: number) => {
      const asked = scene.at(ms, undefined, extended()).need
      return asked?.kind === 'gates' ? [asked.gates[0]?.toMs, asked.fromMs, asked.atEnd] : []
    }
    expect(need(100_000)).toEqual([startMs + 100_000, startMs, undefined])
    expect(need(130_000)).toEqual([startMs + 120_000, startMs, true])
  })

  it('gives each gate its own maxFor', () => {
    const two = sceneOf(gateNamed('accuracy', { maxFor: '2m' }), gateNamed('errors', { maxFor: '10m' }))
    const open = [undecided, result('errors', 'undecided')]
    const status = two.at(60_000, open).status
    expect(status.rollout).toMatchObject({ untilMs: startMs + 600_000 })
    expect(phase(two.at(119_999, open, status))).toBe('analyzing')
    expect(phase(two.at(120_000, open, status))).toBe('holding')
    const one = [passed, result('errors', 'undecided')]
    expect(phase(two.at(599_999, one, status))).toBe('analyzing')
    expect(phase(two.at(600_000, one, status))).toBe('holding')
  })

  it('does not pass by a part of the interval after its source lost the rest', () => {
    const covered = { ...passed, coveredFromMs: startMs + 50_000 }
    expect(phase(scene.at(70_000, [covered], extended()))).toBe('analyzing')
    const again = scene.at(120_000, [covered], extended()).status.rollout
    expect(again).toMatchObject({ extended: true, fromMs: startMs + 50_000, untilMs: startMs + 170_000 })
  })

  it('waits for a gate that cannot be read, and its onError decides at the end', () => {
    const broken = result('accuracy', 'error')
    expect(phase(scene.at(70_000, [broken], extended()))).toBe('analyzing')
    const strict = sceneOf(gateNamed('accuracy', { onError: 'fail' }))
    expect(phase(strict.at(120_000, [broken], extended({ onError: 'fail' })))).toBe('rolling-back')
  })

  it('counts a gate as passed that passes undecided', () => {
    const two = sceneOf(gateNamed('accuracy'), gateNamed('errors', { undecided: 'pass' }))
    const status = two.at(60_000, [undecided, result('errors', 'undecided')]).status
    const moved = two.at(70_000, [passed, result('errors', 'undecided')], status)
    expect([phase(moved), moved.events[0]?.action]).toEqual(['shifting', 'analysis-passed'])
  })
})
