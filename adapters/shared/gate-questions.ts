import { isModelspineError, type Key, type MetricQuery, ModelspineError, messageOf } from 'modelspine/adapter'

/** What a gate asks about. */
export interface GateLabels {
  readonly deployment: Key
  readonly revision: string
}

/** Throws `metric-error` for labels that a source cannot filter by. */
export function gateLabels({ metric, labels }: MetricQuery): GateLabels {
  const { deployment, revision, ...others } = labels
  const [unknown] = Object.keys(others)
  const wrong = (why: string): ModelspineError =>
    new ModelspineError('metric-error', `${metric}: ${why}`, { retryable: false })
  if (unknown !== undefined) {
    throw wrong(`label "${unknown}" is not known. Known: deployment, revision.`)
  }
  if (deployment === undefined || !/^[^/]+\/[^/]+$/.test(deployment)) {
    throw wrong(`label deployment is "${deployment}": give namespace/name`)
  }
  if (revision === undefined || revision === '') throw wrong('label revision is missing')
  return { deployment: deployment as Key, revision }
}

/** Only what asks for a credential throws anything but `metric-error` and `aborted`. */
export function asMetricError(error: unknown, vendor: string): unknown {
  if (isModelspineError(error, 'metric-error') || isModelspineError(error, 'aborted')) return error
  const retryable = isModelspineError(error) ? error.retryable : true
  return new ModelspineError('metric-error', `${vendor}: ${messageOf(error)}`, { cause: error, retryable })
}
