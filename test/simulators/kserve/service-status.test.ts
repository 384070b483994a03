import { describe, expect, it } from 'vitest'
import type { Faults } from './faults.ts'
import type { DeploymentMode, InferenceService, ServiceSpec } from './inference-service.ts'
import { knativeService } from './knative-service.ts'
import { serviceStatus } from './service-status.ts'
import { standardService } from './standard-service.ts'

const readyAfterMs = 100
const predictor = { model: { storageUri: 'a' } }

interface SceneOptions {
  readonly faults?: Faults
  readonly mode?: DeploymentMode
  readonly annotations?: Record<string, string>
  readonly namespace?: string
}

/** The status of a service, so long after it was created. */
function statusAt(
  nowMs: number,
  spec: ServiceSpec,
  { faults = {}, mode = 'Knative', annotations = {}, namespace = 'n' }: SceneOptions = {},
) {
  const make = mode === 'Standard' ? standardService : knativeService
  const service = make('churn', { readyAfterMs })
  service.step({ spec }, faults, 0)
  const object: InferenceService = {
    metadata: { name: 'churn', namespace, uid: 'u', generation: 3, resourceVersion: '1', annotations },
    spec,
  }
  return serviceStatus(object, service.step({ spec }, faults, nowMs), {
    mode,
    faults,
    nowMs,
    url: (host) => `http://front/${host}`,
  })
}

const conditionsIn = ({ conditions }: ReturnType<typeof statusAt>) =>
  Object.fromEntries(conditions.map(({ type, status }) => [type, status]))

describe('the status of a simulated service', () => {
  it('is not ready while the first model loads', () => {
    const status = statusAt(50, { predictor })
    expect(conditionsIn(status)).toMatchObject({ PredictorReady: 'Unknown', Ready: 'Unknown' })
    expect(status.modelStatus).toMatchObject({
      transitionStatus: 'InProgress',
      states: { activeModelState: '', targetModelState: 'Loading' },
    })
    expect(status.url).toBeUndefined()
  })

  it('has no address where a label of its hosts would be too long', () => {
    const named = { predictor: { ...predictor, name: 'v1' } }
    // churn-v1-predictor- has 19 characters.
    const at = (mode: DeploymentMode, length: number) =>
      statusAt(100, named, { mode, namespace: 'n'.repeat(length) })
    expect(at('Standard', 44).url).toBeDefined()
    expect(at('Standard', 45).url).toBeUndefined()
    expect(conditionsIn(at('Standard', 45))).toMatchObject({ IngressReady: 'Unknown', Ready: 'Unknown' })
    expect(at('Knative', 57).url).toBeDefined()
    expect(at('Knative', 58).url).toBeUndefined()
  })

  it('is ready, with an address, once the model is loaded', () => {
    const status = statusAt(100, { predictor })
    expect(conditionsIn(status)).toMatchObject({
      PredictorReady: 'True',
      IngressReady: 'True',
      Ready: 'True',
    })
    expect(status).toMatchObject({
      observedGeneration: 1,
      url: 'http://front/churn',
      modelStatus: { transitionStatus: 'UpToDate', copies: { failedCopies: 0, totalCopies: 1 } },
      components: { predictor: { traffic: [{ latestRevision: true, percent: 100 }] } },
    })
  })

  it('has an address for each entry of the traffic only where tags are asked for', () => {
    const annotations = { 'serving.kserve.io/enable-tag-routing': 'true' }
    const [plain, tagged] = [statusAt(100, { predictor }), statusAt(100, { predictor }, { annotations })]
    expect(plain.components.predictor.traffic?.[0]).not.toHaveProperty('url')
    expect(tagged.components.predictor.traffic?.[0]).toMatchObject({
      tag: 'latest',
      url: 'http://front/latest-churn-predictor',
    })
  })

  it('says that a model failed to load', () => {
    const faults: Faults = { fate: () => 'fails-to-load' }
    const status = statusAt(100, { predictor }, { faults })
    expect(conditionsIn(status)).toMatchObject({ PredictorReady: 'False', Ready: 'False' })
    expect(status.modelStatus).toMatchObject({
      transitionStatus: 'BlockedByFailedLoad',
      copies: { failedCopies: 1 },
      lastFailureInfo: { reason: 'ModelLoadFailed' },
    })
  })

  it('takes a service without servers for one that is about to load, although it is ready', () => {
    const status = statusAt(100, { predictor }, { faults: { scaledToZero: true } })
    expect(conditionsIn(status).Ready).toBe('True')
    expect(status.modelStatus).toMatchObject({
      transitionStatus: 'InProgress',
      copies: { totalCopies: 0 },
    })
  })

  it('flaps, and is late with its generation, where it is told to', () => {
    const faults: Faults = { flapEveryMs: 10, generationLagMs: 150 }
    expect(conditionsIn(statusAt(110, { predictor }, { faults })).Ready).toBe('False')
    expect(conditionsIn(statusAt(120, { predictor }, { faults })).Ready).toBe('True')
    expect(statusAt(149, { predictor }, { faults }).observedGeneration).toBe(0)
    expect(statusAt(150, { predictor }, { faults }).observedGeneration).toBe(1)
  })

  it('tells of each canary in Standard mode, and has no revisions there', () => {
    const canary = [{ predictor: { name: 'v2', model: { storageUri: 'b' } }, trafficPercent: 5 }]
    const status = statusAt(100, { predictor, canary }, { mode: 'Standard' })
    expect(status.canaryStatuses).toMatchObject([{ name: 'v2', ready: true, trafficPercent: 5 }])
    expect(conditionsIn(status)).toMatchObject({ CanaryPredictorReady: 'True' })
    expect(Object.keys(status.components.predictor)).toEqual(['url'])
  })
})
