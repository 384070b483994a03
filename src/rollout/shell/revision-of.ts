import { sha256 } from '../../hash.ts'
import { canonicalJson } from '../../json.ts'
import type { ModelVersion } from '../../registry/contract.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import type { PinnedModel, Revision } from '../../resources/deployment/revision.ts'

/** The revision that a resolved model and the declared settings make. Scale, strategy and policies are not part of it. */
export function revisionOf(version: ModelVersion, spec: ModelDeploymentSpec): Revision {
  const model: PinnedModel = {
    registry: spec.model.registry,
    name: version.name,
    version: version.version,
    artifact: version.artifact,
  }
  return nameRevision(model, spec)
}

/** The same model under other settings: what a registry that cannot be reached still allows. */
export function nameRevision(
  model: PinnedModel,
  { runtime, target }: Pick<ModelDeploymentSpec, 'runtime' | 'target'>,
): Revision {
  const settings = target.settings
  // 40 bits: two of a deployment's revisions colliding is less likely than one in a million after a thousand of them.
  const name = sha256(canonicalJson({ model, runtime, settings })).slice(0, 10)
  return { name, model, runtime, settings }
}
