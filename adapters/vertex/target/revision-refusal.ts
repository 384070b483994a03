import type { Revision, TargetRefusal, TargetWant } from 'modelspine/adapter'
import { settingsProblems } from './target-settings.ts'

/** The reason why Vertex cannot run these revisions, by the name of the field. Pure. */
export function vertexRefusal({ revisions }: TargetWant): TargetRefusal | undefined {
  for (const revision of revisions) {
    const refusal = revisionRefusal(revision)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

const modelName = /^projects\/[^/]+\/locations\/[^/]+\/models\/[a-z0-9_-]+(@([^/@]+))?$/

function revisionRefusal({ model, runtime, settings }: Revision): TargetRefusal | undefined {
  const [problem] = settingsProblems(settings)
  if (problem !== undefined) return refused('InvalidSettings', `settings.${problem.field} ${problem.message}`)
  const name = `${model.registry}/${model.name}:${model.version}`
  const { artifact } = model
  if (artifact.kind !== 'hosted') {
    return refused(
      'ArtifactUnsupported',
      `${name} is files, but Vertex deploys models of its own registry: register it there, with vertexRegistry`,
    )
  }
  const [isName, , version = ''] = modelName.exec(artifact.model) ?? []
  if (isName === undefined || artifact.provider !== 'vertex') {
    return refused(
      'ArtifactUnsupported',
      `${name} is ${artifact.model} of the provider ${artifact.provider}, but Vertex deploys projects/…/locations/…/models/…@version of the provider vertex`,
    )
  }
  if (!/^\d+$/.test(version)) {
    return refused(
      'VersionNotPinned',
      `${name} is ${artifact.model}, which may become another version: name the number of the version, such as @3`,
    )
  }
  return runtimeRefusal(runtime)
}

function runtimeRefusal({ env, secrets, resources }: Revision['runtime']): TargetRefusal | undefined {
  const [variable] = Object.keys(env)
  if (variable !== undefined) {
    return refused(
      'EnvUnsupported',
      `runtime.env has ${variable}, but Vertex keeps variables with the model's container: write them into its containerSpec when you register it`,
    )
  }
  const [secret] = Object.keys(secrets)
  if (secret !== undefined) {
    return refused(
      'SecretsUnsupported',
      `runtime.secrets has ${secret}, but Vertex gives no secrets to what it deploys: let the container read them from Secret Manager as settings.serviceAccount`,
    )
  }
  const [resource] = Object.keys(resources)
  if (resource !== undefined) {
    return refused(
      'ResourcesUnsupported',
      `runtime.resources has ${resource}, but Vertex gives whole machines: write settings.machineType and settings.accelerator`,
    )
  }
  return undefined
}

export function refused(reason: string, message: string): TargetRefusal {
  return { kind: 'refused', reason, message }
}
