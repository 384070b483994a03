import { ModelspineError } from '../errors.ts'
import { nearestName } from '../resources/problems/nearest-name.ts'

/** `metric-error` for a metric that a source does not have. It is not retryable. */
export function unknownMetric(metric: string, known: readonly string[]): ModelspineError {
  const near = nearestName(metric, known)
  const remedy = near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean "${near}"?`
  return new ModelspineError('metric-error', `metric "${metric}" is not known. ${remedy}`, {
    details: { metric, known },
    retryable: false,
  })
}
