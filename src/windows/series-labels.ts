import { ModelspineError } from '../errors.ts'

/** The labels by which a caller can query windows. */
export interface SeriesLabels {
  readonly deployment: string
  /** Undefined: all revisions of the deployment together. */
  readonly revision: string | undefined
}

/** Throws `metric-error` when `deployment` is missing, and for a label that windows do not have. */
export function seriesLabels(labels: Readonly<Record<string, string>>): SeriesLabels {
  const { deployment, revision, ...others } = labels
  const [other] = Object.keys(others)
  if (other !== undefined) throw wrongLabel(`label "${other}" is not known: use "deployment" and "revision"`)
  if (deployment === undefined)
    throw wrongLabel('label "deployment" is missing: give its key, namespace/name')
  return { deployment, revision }
}

function wrongLabel(message: string): ModelspineError {
  return new ModelspineError('metric-error', message, { retryable: false })
}
