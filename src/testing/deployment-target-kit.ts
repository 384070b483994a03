import { applyLaws } from './deployment-target/apply-laws.ts'
import { fenceLaws } from './deployment-target/fence-laws.ts'
import { guardLaws } from './deployment-target/guard-laws.ts'
import { observeLaws } from './deployment-target/observe-laws.ts'
import { operationLaws } from './deployment-target/operation-laws.ts'
import type { TargetSubject } from './deployment-target/subject.ts'
import { type KitOptions, type Law, runKit } from './kit.ts'

export type { TargetSubject } from './deployment-target/subject.ts'

export const deploymentTargetLaws: readonly Law<TargetSubject>[] = [
  ...applyLaws,
  ...observeLaws,
  ...fenceLaws,
  ...guardLaws,
  ...operationLaws,
]

/** Registers the laws of DeploymentTarget as tests of one implementation. */
export function deploymentTargetConformance(options: KitOptions<TargetSubject>): void {
  runKit('DeploymentTarget', deploymentTargetLaws, options)
}
