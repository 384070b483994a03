import { isModelspineError, messageOf } from '../../errors.ts'
import type { ModelRegistry, ModelVersion } from '../../registry/contract.ts'
import { type Condition, withCondition } from '../../resources/deployment/condition.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import { formatReference } from '../../resources/deployment/reference.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import { desiredOf } from '../machine/status-edits.ts'
import { nameRevision, revisionOf } from './revision-of.ts'

/** The result of resolving a deployment's model reference. */
export type Resolved =
  | {
      readonly kind: 'resolved'
      readonly version: ModelVersion
      readonly desired: Revision
      readonly from: string
    }
  /** The reference gives one revision and then another. `desired` is the one that is kept meanwhile. */
  | {
      readonly kind: 'flapping'
      readonly desired: Revision
      readonly from: string
      readonly message: string
    }
  /** The look-up failed; `desired` is the last pin of the same reference, if there was one. */
  | {
      readonly kind: 'unresolved'
      readonly desired?: Revision
      readonly reason: string
      readonly message: string
      readonly cause: unknown
    }

/** Looks up the model version that the declared reference stands for now. */
export async function resolveModel(
  registry: ModelRegistry | undefined,
  spec: ModelDeploymentSpec,
  status: DeploymentStatus,
  abortSignal: AbortSignal,
): Promise<Resolved> {
  const from = formatReference(spec.model)
  try {
    if (registry === undefined) throw new Error(`no registry is called "${spec.model.registry}"`)
    const version = await registry.resolve(spec.model, { abortSignal })
    return { kind: 'resolved', version, desired: revisionOf(version, spec, status), from }
  } catch (cause) {
    return unresolved(spec, status, cause)
  }
}

/** The result of a look-up that failed. */
export function unresolved(spec: ModelDeploymentSpec, status: DeploymentStatus, cause: unknown): Resolved {
  const pinned = pinOf(spec, status)
  return {
    kind: 'unresolved',
    ...(pinned !== undefined && { desired: pinned }),
    reason: reasonOf(cause),
    message: `${formatReference(spec.model)}: ${messageOf(cause)}${pinned === undefined ? '' : `; version ${pinned.model.version} is kept`}`,
    cause,
  }
}

/** What the declared reference stood for when it was resolved last. */
export function pinOf(spec: ModelDeploymentSpec, status: DeploymentStatus): Revision | undefined {
  const desired = desiredOf(status)
  return desired !== undefined && status.resolvedFrom === formatReference(spec.model)
    ? nameRevision(desired.model, spec, status)
    : undefined
}

/** The status with the result of the look-up. */
export function recordResolved(
  status: DeploymentStatus,
  resolved: Resolved,
  generation: number,
  nowMs: number,
): DeploymentStatus {
  const fact = factOf(resolved)
  const conditions = withCondition(
    status.conditions,
    { type: 'ModelResolved', ...fact, observedGeneration: generation },
    nowMs,
  )
  return {
    ...status,
    conditions,
    ...(resolved.kind === 'resolved' && { resolvedFrom: resolved.from }),
  }
}

function factOf(resolved: Resolved): Pick<Condition, 'status' | 'reason' | 'message'> {
  switch (resolved.kind) {
    case 'resolved': {
      const message = `${resolved.from} is version ${resolved.version.version}`
      return { status: 'True', reason: 'Resolved', message }
    }
    case 'flapping':
      return { status: 'True', reason: 'Flapping', message: resolved.message }
    case 'unresolved':
      return { status: 'False', reason: resolved.reason, message: resolved.message }
  }
}

function reasonOf(cause: unknown): string {
  if (isModelspineError(cause, 'model-not-found')) return 'ModelNotFound'
  if (isModelspineError(cause, 'invalid-reference')) return 'InvalidReference'
  return 'RegistryUnavailable'
}
