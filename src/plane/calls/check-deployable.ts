import type { DeploymentTarget, TargetCapabilities } from '../../deployment-target/contract.ts'
import { tellsRevision } from '../../deployment-target/tells-revision.ts'
import type { ModelRegistry } from '../../registry/contract.ts'
import type { AnalysisGate, ModelDeployment, Scale } from '../../resources/deployment/model-deployment.ts'
import { type PlaneNames, unknownNames } from '../../resources/plane-names.ts'
import { metricCapabilities } from '../../rollout/gates/metric-capabilities.ts'
import type { MetricSource } from '../../telemetry/contract.ts'

/** The parts of a plane that a deployment may refer to. */
export interface Deployable {
  readonly names: PlaneNames
  readonly registries: Readonly<Record<string, ModelRegistry>>
  readonly targets: Readonly<Record<string, DeploymentTarget>>
  readonly metrics: Readonly<Record<string, MetricSource>>
}

/** Why this plane cannot run a deployment. Each sentence has the field, the value and what would be right. */
export function checkDeployable(plane: Deployable, deployment: ModelDeployment): readonly string[] {
  const { spec } = deployment
  const problems = unknownNames(plane.names, deployment).map(({ problem }) => problem.message)
  const target = plane.targets[spec.target.name]
  if (target !== undefined) {
    for (const { field, message } of target.checkSettings(spec.target.settings)) {
      problems.push(`spec.target.settings${field === '' ? '' : `.${field}`}: ${message}`)
    }
    if (spec.scale.min === 0 && !target.capabilities.scaleToZero) {
      problems.push(
        `spec.scale.min is 0, and target "${spec.target.name}" cannot scale to zero. Write 1 or more.`,
      )
    }
    if (target.capabilities.scale === 'none' && !isDefaultScale(spec.scale)) {
      problems.push(
        `spec.scale is ${spec.scale.min} to ${spec.scale.max}, and target "${spec.target.name}" does not scale: somebody else decides it. Leave it out.`,
      )
    }
    if (target.capabilities.maxRevisions < 2 && !('rolling' in spec.strategy)) {
      problems.push(
        `spec.strategy is ${Object.keys(spec.strategy).join()}, which needs two revisions side by side, and target "${spec.target.name}" holds one at a time. Use another target.`,
      )
    }
  }
  const registry = plane.registries[spec.model.registry]
  if (spec.onPromoted !== undefined && registry !== undefined && !setsAliases(registry)) {
    problems.push(
      `spec.onPromoted.setAlias is "${spec.onPromoted.setAlias}", and registry "${spec.model.registry}" cannot set aliases. Leave it out.`,
    )
  }
  spec.analysis.forEach((gate, place) => {
    const field = `spec.analysis[${place}]`
    problems.push(...gateProblems(field, gate, plane.metrics[gate.source], target?.capabilities))
  })
  return problems
}

function setsAliases({ setAlias, capabilities: { aliases } }: ModelRegistry): boolean {
  return setAlias !== undefined && (aliases === 'compare-and-set' || aliases === 'last-write-wins')
}

function isDefaultScale({ min, max }: Scale): boolean {
  return min === 1 && max === 1
}

function gateProblems(
  field: string,
  { metric, minSamples }: AnalysisGate,
  source: MetricSource | undefined,
  target: TargetCapabilities | undefined,
): readonly string[] {
  const problems: string[] = []
  const told = metricCapabilities(source, metric)
  if (typeof told === 'string') return [`${field}.metric is "${metric}", and its source refuses it: ${told}`]
  if (minSamples > 1 && told?.counts === false) {
    problems.push(
      `${field}.minSamples is ${minSamples}, and the source does not count samples of ${metric}. Leave it out, or use a metric that is counted.`,
    )
  }
  if (told?.routerMeasured === true && target !== undefined && !tellsRevision(target)) {
    problems.push(
      `${field}.source: the target's replies do not tell which revision answered. Use a source that the target itself feeds.`,
    )
  }
  return problems
}
