import { ModelspineError } from '../errors.ts'

/** What windows can be asked by. */
export interface SeriesLabels {
  readonly deployment: string
  /** Left out: all revisions of the deployment together. */
  readonly revision: string | undefined
}

/** Throws `metric-error` for a label that is missing or would be ignored. */
export function seriesLabels(labels: Readonly<Record<string, string>>): SeriesLabels {
  const { deployment, revision, ...others } = labels
  const [other] = Object.keys(others)
  if (other !== undefined) throw wrongLabel(`label "${other}" is not known; ask by deployment and revision`)
  if (deployment === undefined)
    throw wrongLabel('label "deployment" is missing; give its key, namespace/name')
  return { deployment, revision }
}

function wrongLabel(message: string): ModelspineError {
  return new ModelspineError('metric-error', message, { retryable: false })
}
