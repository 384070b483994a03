import { isRecord, type JsonRecord } from '../../../json.ts'
import type { DeploymentStatus } from '../deployment-status.ts'
import type { ModelDeployment } from '../model-deployment.ts'
import { placed } from './placed.ts'

/** The version of the statuses that this code writes. */
export const statusVersion = 2

/** Brings a status of one version to the next. */
type Upcast = (status: JsonRecord, declaredTarget: string) => JsonRecord

/**
 * The entry at each position reads a status of that version. Only ever add entries: stores keep statuses of every
 * version, until the loop writes them anew.
 */
const upcasts: readonly Upcast[] = [
  // The first statuses did not tell their version.
  (status) => ({ ...status, statusVersion: 1 }),
  placed,
]

/** The version of a stored status. */
export function versionOf(status: unknown): number {
  const version = isRecord(status) ? (status.statusVersion ?? 0) : 0
  return typeof version === 'number' ? version : 0
}

/** A stored status of any version up to the present one, as the present one. */
export function presentStatus(status: unknown, { spec }: ModelDeployment): DeploymentStatus {
  const old = isRecord(status) ? status : {}
  const present = upcasts
    .slice(versionOf(status))
    .reduce((each, upcast) => upcast(each, spec.target.name), old)
  return present as unknown as DeploymentStatus
}
