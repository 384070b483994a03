import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Actor, Key } from '../../resources/metadata.ts'
import type { StoredObject } from '../../store/contract.ts'

/** A ModelDeployment with what is known of it. */
export interface Deployment {
  readonly key: Key
  readonly uid: string
  readonly generation: number
  readonly resource: ModelDeployment
  /** Absent until the loop saw it for the first time. */
  readonly status?: DeploymentStatus
  /** Who wrote this generation. */
  readonly actor: Actor
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number
  readonly deletion?: { readonly atMs: number; readonly actor: Actor }
}

export function deploymentOf(stored: StoredObject): Deployment {
  const { key, uid, generation, actor, createdAtMs, deletion } = stored
  return {
    key,
    uid,
    generation,
    resource: stored.resource as ModelDeployment,
    actor,
    createdAtMs,
    ...(stored.status !== undefined && { status: stored.status as DeploymentStatus }),
    ...(deletion !== undefined && { deletion }),
  }
}
