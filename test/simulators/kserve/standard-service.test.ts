import { describe, expect, it } from 'vitest'
import type { Faults } from './faults.ts'
import type { ServiceSpec } from './inference-service.ts'
import { standardService } from './standard-service.ts'

const readyAfterMs = 100

function scene(faults: Faults = {}) {
  const service = standardService('churn', { readyAfterMs })
  let nowMs = 0
  const step = (spec: ServiceSpec) => {
    const { shares, canaries, started, processes } = service.step({ spec }, faults, nowMs)
    return {
      started,
      traffic: shares.map(({ process, percent }) => `${process.predictor.model?.storageUri} ${percent}`),
      canaries: canaries?.map(({ name, ready }) => `${name} ${ready}`),
      names: processes.map(({ name }) => name),
    }
  }
  return {
    step,
    roll(spec: ServiceSpec) {
      step(spec)
      nowMs += readyAfterMs
      return step(spec)
    },
  }
}

const files = (storageUri: string) => ({ model: { storageUri } })
const stable = { predictor: { ...files('a'), minReplicas: 2 } }
const withCanary = (trafficPercent: number): ServiceSpec => ({
  ...stable,
  canary: [{ predictor: { name: 'v2', ...files('b') }, trafficPercent }],
})

describe('a simulated service in Standard mode', () => {
  it('gives a canary nothing until it is ready, and the stable predictor the rest', () => {
    const service = scene()
    service.roll(stable)
    expect(service.step(withCanary(25))).toMatchObject({ traffic: ['a 100'], canaries: ['v2 false'] })
    expect(service.roll(withCanary(25))).toMatchObject({ traffic: ['a 75', 'b 25'], canaries: ['v2 true'] })
  })

  it('starts nothing anew when the predictor takes a canary’s name', () => {
    const service = scene()
    service.roll(stable)
    const { started } = service.roll(withCanary(100))
    expect(service.step({ predictor: { name: 'v2', ...files('b'), minReplicas: 2 } })).toEqual({
      started,
      traffic: ['b 100'],
      canaries: undefined,
      names: ['churn-v2-predictor'],
    })
  })

  it('serves the old model while a predictor is updated in place', () => {
    const service = scene()
    service.roll(stable)
    expect(service.step({ predictor: files('b') }).traffic).toEqual(['a 100'])
    expect(service.roll({ predictor: files('b') }).traffic).toEqual(['b 100'])
  })

  it('ends what is no longer declared', () => {
    const service = scene()
    service.roll(withCanary(10))
    expect(service.step(stable)).toMatchObject({ names: ['churn-predictor'], traffic: ['a 100'] })
  })

  it('ignores canaryTrafficPercent, and starts nothing for a change of scale', () => {
    const service = scene()
    service.roll(stable)
    expect(
      service.step({ predictor: { ...files('a'), minReplicas: 5, canaryTrafficPercent: 3 } }),
    ).toMatchObject({
      started: 1,
      traffic: ['a 100'],
    })
  })

  it('lets a canary inherit what it leaves out', () => {
    const service = scene()
    const predictor = { annotations: { team: 'risk' } }
    service.roll({ ...stable, canary: [{ predictor: { name: 'v2', ...predictor }, trafficPercent: 50 }] })
    expect(
      service.step({ ...stable, canary: [{ predictor: { name: 'v2' }, trafficPercent: 50 }] }).started,
    ).toBe(3)
    expect(
      service.roll({ ...stable, canary: [{ predictor: { name: 'v2' }, trafficPercent: 50 }] }).traffic,
    ).toEqual(['a 50', 'a 50'])
  })
})
