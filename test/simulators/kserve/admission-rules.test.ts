import { describe, expect, it } from 'vitest'
import { refusalOf } from './admission-rules.ts'
import type { InferenceService, ServiceSpec } from './inference-service.ts'

const files = (storageUri: string) => ({ model: { storageUri } })

function service(spec: ServiceSpec, mode = 'Standard'): InferenceService {
  const annotations = { 'serving.kserve.io/deploymentMode': mode }
  return {
    metadata: { name: 'churn', namespace: 'n', uid: 'u', generation: 1, resourceVersion: '1', annotations },
    spec,
  }
}

const canary = (name: string, trafficPercent: number, more: object = {}) => ({
  predictor: { name, ...files(name), ...more },
  trafficPercent,
})

const stable = { name: 'r1', ...files('a'), minReplicas: 2 }

describe('the simulated admission of a service', () => {
  it('lets a service with canaries in', () => {
    const spec = { predictor: stable, canary: [canary('r2', 40), canary('r3', 60, { minReplicas: 2 })] }
    expect(refusalOf(service(spec))).toBeUndefined()
  })

  it.each<[string, ServiceSpec, string?]>([
    ['Standard mode', { predictor: stable, canary: [canary('r2', 5)] }, 'Knative'],
    ['needs a name', { predictor: stable, canary: [{ predictor: files('b'), trafficPercent: 5 }] }],
    ['unique', { predictor: stable, canary: [canary('r2', 5), canary('r2', 6)] }],
    ['name of the stable', { predictor: stable, canary: [canary('r1', 5)] }],
    ['more than 100', { predictor: stable, canary: [canary('r2', 50), canary('r3', 51)] }],
    ['between 0 and 100', { predictor: stable, canary: [canary('r2', -1)] }],
    ['scale by itself', { predictor: stable, canary: [canary('r2', 5, { maxReplicas: 2 })] }],
    ['minReplicas of a canary', { predictor: stable, canary: [canary('r2', 5, { minReplicas: 3 })] }],
    ['less than minReplicas', { predictor: { ...stable, maxReplicas: 1 } }],
    ['canaryTrafficPercent', { predictor: { ...stable, canaryTrafficPercent: 101 } }],
  ])('refuses what KServe refuses: %s', (refusal, spec, mode) => {
    expect(refusalOf(service(spec, mode))).toContain(refusal)
  })

  it('lets a predictor take another name only together with another model', () => {
    const before = service({ predictor: stable })
    expect(refusalOf(service({ predictor: { ...stable, name: 'r2' } }), before)).toContain('storageUri')
    expect(refusalOf(service({ predictor: { name: 'r2', ...files('b') } }), before)).toBeUndefined()
  })
})
