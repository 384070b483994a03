import type { DeploymentTarget, TargetCapabilities } from '../../deployment-target/contract.ts'
import type { PolicyEngine } from '../../policy/contract.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { MetricSource } from '../../telemetry/contract.ts'

/** What a plane has, as far as a deployment may refer to it. */
export interface Deployable {
  readonly registries: Readonly<Record<string, unknown>>
  readonly targets: Readonly<Record<string, DeploymentTarget>>
  readonly metrics: Readonly<Record<string, MetricSource>>
  readonly secrets: Readonly<Record<string, unknown>>
  readonly policies: readonly PolicyEngine[]
}

/** Why this plane cannot run a deployment, a sentence each with field, value and what would be right. */
export function checkDeployable(plane: Deployable, { spec }: ModelDeployment): readonly string[] {
  const problems: string[] = []
  const known = (field: string, value: string, names: readonly string[]): boolean => {
    const found = names.includes(value)
    if (!found) problems.push(`${field} "${value}" is not known here; ${listed(names)}`)
    return found
  }
  known('spec.model.registry', spec.model.registry, Object.keys(plane.registries))
  for (const [name, reference] of Object.entries(spec.runtime.secrets)) {
    known(
      `spec.runtime.secrets.${name}`,
      reference.slice(0, reference.indexOf(':')),
      Object.keys(plane.secrets),
    )
  }
  spec.policies.forEach((policy, place) => {
    known(
      `spec.policies[${place}]`,
      policy,
      plane.policies.map(({ name }) => name),
    )
  })
  known('spec.target.name', spec.target.name, Object.keys(plane.targets))
  const target = plane.targets[spec.target.name]
  if (target !== undefined) {
    for (const { field, message } of target.checkSettings(spec.target.settings)) {
      problems.push(`spec.target.settings${field === '' ? '' : `.${field}`}: ${message}`)
    }
    if (spec.scale.min === 0 && !target.capabilities.scaleToZero) {
      problems.push(`spec.scale.min 0: target "${spec.target.name}" cannot scale to zero; use 1 or more`)
    }
    if (target.capabilities.maxRevisions < 2 && !('rolling' in spec.strategy)) {
      problems.push(
        `spec.strategy ${Object.keys(spec.strategy).join()}: target "${spec.target.name}" holds one revision at a time, and this strategy needs two side by side; use another target`,
      )
    }
  }
  spec.analysis.forEach((gate, place) => {
    if (!known(`spec.analysis[${place}].source`, gate.source, Object.keys(plane.metrics))) return
    problems.push(
      ...gateProblems(
        `spec.analysis[${place}]`,
        gate.minSamples,
        plane.metrics[gate.source],
        target?.capabilities,
      ),
    )
  })
  return problems
}

function gateProblems(
  field: string,
  minSamples: number,
  source: MetricSource | undefined,
  target: TargetCapabilities | undefined,
): readonly string[] {
  const problems: string[] = []
  if (source !== undefined && minSamples > 1 && !source.capabilities.counts) {
    problems.push(
      `${field}.minSamples ${minSamples}: the source does not count samples; leave it out or use a source that counts`,
    )
  }
  if (source?.capabilities.routerMeasured === true && target?.attribution === 'none') {
    problems.push(
      `${field}.source: the target's replies do not tell which revision answered; use a source that the target itself feeds`,
    )
  }
  return problems
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none is configured' : `known: ${names.join(', ')}`
}
