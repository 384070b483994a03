import { ModelspineError } from '../../../errors.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { MetricSource } from '../../../telemetry/contract.ts'
import type { GuardedPart } from './guarded-part.ts'
import { capabilitiesProblem, readingProblem } from './shapes/reading-shapes.ts'

/**
 * The same metric source, with limits on its queries. A query's labels say for which deployment it is. With
 * `atOnce`, a query for which there is no room is refused instead of waiting.
 */
export function guardMetrics(
  part: GuardedPart,
  source: MetricSource,
  { queryMs }: { readonly queryMs: number },
  atOnce = false,
): MetricSource {
  return {
    capabilities(metric) {
      const answer = source.capabilities(metric)
      const problem = capabilitiesProblem(answer)
      if (problem === undefined) return answer
      throw new ModelspineError('metric-error', `the capabilities of ${metric} are wrong: ${problem}`)
    },
    query: (query) =>
      part.call({
        verb: 'query',
        limitMs: queryMs,
        abortSignal: query.abortSignal,
        key: query.labels.deployment as Key | undefined,
        atOnce,
        run: (abortSignal) => source.query({ ...query, abortSignal }),
        wrong: readingProblem,
      }),
  }
}
