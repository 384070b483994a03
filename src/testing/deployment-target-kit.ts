import { applyLaws } from './deployment-target/apply-laws.ts'
import { changeLaws } from './deployment-target/change-laws.ts'
import { checkLaws } from './deployment-target/check-laws.ts'
import { faultLaws } from './deployment-target/fault-laws.ts'
import { fenceLaws } from './deployment-target/fence-laws.ts'
import { guardLaws } from './deployment-target/guard-laws.ts'
import { lagLaws } from './deployment-target/lag-laws.ts'
import { observeLaws } from './deployment-target/observe-laws.ts'
import { operationLaws } from './deployment-target/operation-laws.ts'
import { secretLaws } from './deployment-target/secret-laws.ts'
import type { TargetSubject } from './deployment-target/subject.ts'
import { trafficLaws } from './deployment-target/traffic-laws.ts'
import { truthLaws } from './deployment-target/truth-laws.ts'
import { type KitOptions, type Law, runKit } from './kit.ts'

export type { TargetSubject, VendorRevision } from './deployment-target/subject.ts'

export const deploymentTargetLaws: readonly Law<TargetSubject>[] = [
  ...applyLaws,
  ...observeLaws,
  ...fenceLaws,
  ...guardLaws,
  ...checkLaws,
  ...trafficLaws,
  ...changeLaws,
  ...lagLaws,
  ...truthLaws,
  ...secretLaws,
  ...faultLaws,
  ...operationLaws,
]

/** Registers the laws of DeploymentTarget as tests of one implementation. */
export function deploymentTargetConformance(options: KitOptions<TargetSubject>): void {
  runKit('DeploymentTarget', deploymentTargetLaws, options)
}
