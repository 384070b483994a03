import { describe, expect, it } from 'vitest'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import type { Need } from '../../../../src/rollout/machine/machine-types.ts'
import { result, type Scene, sceneOf } from './analyzing.ts'
import { gateNamed, startMs } from './fixtures.ts'

const scene = sceneOf(gateNamed('accuracy'), gateNamed('errors'))
const hourMs = 3_600_000

function asked(status?: DeploymentStatus, ms = 1000, of: Scene = scene): Extract<Need, { kind: 'gates' }> {
  const { need } = of.at(ms, undefined, status)
  if (need?.kind !== 'gates') throw new Error('the machine asks for no gates')
  return need
}

describe('what the machine asks about gates', () => {
  it('has the part of the false alarms of each, the share of the candidate and the time of the split', () => {
    expect(asked(scene.analyzing({}, { trafficSinceMs: startMs - 5 }))).toMatchObject({
      alpha: 0.025,
      share: 0.2,
      splitSinceMs: startMs - 5,
    })
    expect(asked()).not.toHaveProperty('splitSinceMs')
  })

  it('has no share when neither the candidate nor the stable revision has traffic', () => {
    expect(asked(scene.analyzing({}, { traffic: [] }))).not.toHaveProperty('share')
  })

  it('counts only what the candidate and the stable revision get', () => {
    const halves = scene.analyzing().traffic.map((entry) => ({ ...entry, weight: 30 }))
    expect(asked(scene.analyzing({}, { traffic: halves })).share).toBe(0.5)
  })
})

describe('the stable revision before the step', () => {
  const basis = { value: 0.95, samples: 400 }

  it('is read at the first look, over an hour that ends where the step begins', () => {
    const before = { fromMs: startMs - hourMs, toMs: startMs }
    expect(asked().gates).toMatchObject([{ before }, { before }])
  })

  it('is read over an hour whose numbers are there, when the source is late', () => {
    const { need } = scene.at(1000, undefined, undefined, { delaysMs: { errors: 5000 } })
    const toMs = startMs - 4000
    expect(need).toMatchObject({ gates: [{}, { before: { fromMs: toMs - hourMs, toMs } }] })
  })

  it('is carried from look to look, and not read again', () => {
    const gates = [result('accuracy', 'undecided', { basis }), result('errors', 'undecided')]
    expect(asked(scene.analyzing({ gates })).gates).toEqual([
      { gate: 'accuracy', toMs: startMs + 1000, basis },
      { gate: 'errors', toMs: startMs + 1000 },
    ])
  })

  it('is read later when its source had not answered anything before', () => {
    const gates = [result('accuracy', 'error'), result('errors', 'error', { basis, spoiled: 'split' })]
    expect(asked(scene.analyzing({ gates })).gates).toMatchObject([{ before: { toMs: startMs } }, { basis }])
    const spoiled = [result('accuracy', 'error', { spoiled: 'split' }), result('errors', 'no-data')]
    for (const gate of asked(scene.analyzing({ gates: spoiled })).gates) {
      expect(gate).not.toHaveProperty('before')
    }
  })

  it('is kept when the window begins again or is extended', () => {
    const gates = [result('accuracy', 'undecided', { basis }), result('errors', 'pass')]
    const { status } = scene.at(60_000, gates)
    expect(status.rollout).toHaveProperty('extended', true)
    expect(asked(status, 70_000).gates[0]).toMatchObject({ basis })
  })
})
