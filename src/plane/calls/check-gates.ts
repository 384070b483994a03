import type { AnalysisGate, ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import { metricCapabilities } from '../../rollout/gates/metric-capabilities.ts'
import type { MetricSource } from '../../telemetry/contract.ts'

/**
 * Gates that can never answer where the strategy reads them. A comparison with the stable revision needs
 * traffic on both revisions, and the router measures only revisions with traffic. Each sentence has the
 * field, the value and what would be right.
 */
export function checkGates(
  { strategy, analysis }: Pick<ModelDeploymentSpec, 'strategy' | 'analysis'>,
  metrics: Readonly<Record<string, MetricSource>>,
): readonly string[] {
  return readings(strategy).flatMap(({ field, gates, weight }) =>
    gates.flatMap((name, place) => {
      const gate = analysis.find((each) => each.name === name)
      const why = gate && unanswerable(gate, weight, metrics[gate.source])
      return why === undefined ? [] : [`${field}.analyze[${place}] is "${name}", ${why}`]
    }),
  )
}

/** The gates that a strategy reads, and the candidate's weight meanwhile. */
interface Reading {
  readonly field: string
  readonly gates: readonly string[]
  readonly weight: number
}

function readings(strategy: ModelDeploymentSpec['strategy']): readonly Reading[] {
  if ('rolling' in strategy) return []
  if ('blueGreen' in strategy) {
    return [{ field: 'spec.strategy.blueGreen', gates: strategy.blueGreen.analyze, weight: 100 }]
  }
  let weight = 0
  return strategy.canary.steps.flatMap((step, place) => {
    if ('weight' in step) weight = step.weight
    return 'analyze' in step
      ? [{ field: `spec.strategy.canary.steps[${place}]`, gates: step.analyze, weight }]
      : []
  })
}

function unanswerable(
  { metric, pass }: AnalysisGate,
  weight: number,
  source: MetricSource | undefined,
): string | undefined {
  if (weight === 100 && 'noWorseThan' in pass) {
    return 'which compares with the stable revision after all traffic has left it, so it can never answer. Compare with a constant (atMost or atLeast), or let a canary measure it before the last weight.'
  }
  if (weight === 0 && isRouterMeasured(source, metric)) {
    return 'which the router measures, and the new revision has no traffic before the first weight, so it can never answer. Put a weight before it, or use a source that measures without traffic.'
  }
  return undefined
}

/** `checkDeployable` says why a source refuses a metric. */
function isRouterMeasured(source: MetricSource | undefined, metric: string): boolean {
  const told = metricCapabilities(source, metric)
  return typeof told === 'object' && told.routerMeasured
}
