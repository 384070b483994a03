import { isRecord } from '../../../json.ts'
import type { DeploymentStatus } from '../deployment-status.ts'

/** The version of the statuses that this code writes. */
export const statusVersion = 1

/** Brings a status of one version to the next. */
type Upcast = (status: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>

/**
 * The entry at each position reads a status of that version. Only ever add entries: stores keep statuses of every
 * version, until the loop writes them anew.
 */
const upcasts: readonly Upcast[] = [
  // The first statuses did not tell their version.
  (status) => ({ ...status, statusVersion: 1 }),
]

/** The version of a stored status. */
export function versionOf(status: unknown): number {
  const version = isRecord(status) ? (status.statusVersion ?? 0) : 0
  return typeof version === 'number' ? version : 0
}

/** A stored status of any version up to the present one, as the present one. */
export function presentStatus(status: unknown): DeploymentStatus {
  const old = isRecord(status) ? status : {}
  const present = upcasts.slice(versionOf(status)).reduce((each, upcast) => upcast(each), old)
  return present as unknown as DeploymentStatus
}
