import { sha256 } from '../../hash.ts'
import { canonicalJson } from '../../json.ts'
import type { ModelVersion } from '../../registry/contract.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import type { PinnedModel, Revision } from '../../resources/deployment/revision.ts'

/**
 * The revision that is made of a resolved model and the declared settings. Scale, strategy and policies are
 * no part of it.
 */
export function revisionOf(version: ModelVersion, spec: ModelDeploymentSpec): Revision {
  const model: PinnedModel = {
    registry: spec.model.registry,
    name: version.name,
    version: version.version,
    artifact: version.artifact,
  }
  return nameRevision(model, spec)
}

/**
 * A revision of a model that is pinned already. So new settings take effect even while the registry cannot be
 * reached.
 */
export function nameRevision(
  model: PinnedModel,
  { runtime, target }: Pick<ModelDeploymentSpec, 'runtime' | 'target'>,
): Revision {
  const settings = target.settings
  // 40 bits: after a thousand revisions of one deployment, a collision is less likely than one in a million.
  const name = sha256(canonicalJson({ model, runtime, settings })).slice(0, 10)
  return { name, model, runtime, settings }
}
