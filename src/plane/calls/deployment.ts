import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Actor, Key } from '../../resources/metadata.ts'
import type { TypedObject } from '../../store/typed-store.ts'

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

export function deploymentOf(stored: TypedObject<'ModelDeployment'>): Deployment {
  const { key, uid, generation, resource, status, actor, createdAtMs, deletion } = stored
  return {
    key,
    uid,
    generation,
    resource,
    actor,
    createdAtMs,
    ...(status !== undefined && { status }),
    ...(deletion !== undefined && { deletion }),
  }
}
