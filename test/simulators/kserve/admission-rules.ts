import { type InferenceService, modeOf, type Predictor } from './inference-service.ts'

/** What KServe's validating webhook refuses although the CustomResourceDefinition allows it. */
export function refusalOf(service: InferenceService, before?: InferenceService): string | undefined {
  const { predictor, canary = [] } = service.spec
  const scale = scaleProblem(predictor)
  if (scale !== undefined) return scale
  const share = predictor.canaryTrafficPercent ?? 0
  if (share < 0 || share > 100) return 'canaryTrafficPercent must be between 0 and 100'
  if (canary.length > 0 && modeOf(service, 'Knative') !== 'Standard')
    return 'canary is supported only in Standard mode'
  const names = canary.map((each) => each.predictor.name ?? '')
  if (names.includes('')) return 'each canary predictor needs a name'
  if (new Set(names).size < names.length) return 'names of canary predictors must be unique'
  if (names.includes(predictor.name ?? '')) return 'a canary must not have the name of the stable predictor'
  if (canary.some(({ trafficPercent }) => trafficPercent < 0 || trafficPercent > 100))
    return 'trafficPercent must be between 0 and 100'
  if (canary.reduce((sum, { trafficPercent }) => sum + trafficPercent, 0) > 100)
    return 'the shares of all canaries must not be more than 100'
  const scaled = canary.find((each) => scaling.some((member) => each.predictor[member] !== undefined))
  if (scaled !== undefined) return `canary ${scaled.predictor.name} must not scale by itself`
  const most = predictor.minReplicas ?? 1
  if (canary.some((each) => (each.predictor.minReplicas ?? 0) > most))
    return 'minReplicas of a canary must not be more than those of the stable predictor'
  const old = before?.spec.predictor
  if (
    old !== undefined &&
    old.name !== predictor.name &&
    old.model?.storageUri === predictor.model?.storageUri
  )
    return 'a change of the predictor’s name needs another storageUri'
  return undefined
}

const scaling = ['maxReplicas', 'scaleTarget', 'scaleMetric', 'autoScaling'] as const

function scaleProblem({ minReplicas = 1, maxReplicas = 0 }: Predictor): string | undefined {
  if (minReplicas < 0) return 'minReplicas cannot be less than 0'
  return maxReplicas > 0 && minReplicas > maxReplicas
    ? 'maxReplicas cannot be less than minReplicas'
    : undefined
}
