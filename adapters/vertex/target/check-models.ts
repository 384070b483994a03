import type { TargetCheck, TargetWant } from 'modelspine/adapter'
import type { VertexClient } from '../vertex-client.ts'
import { modelReply } from './endpoint-replies.ts'
import { readModelRequest } from './endpoint-requests.ts'
import { unlessAbsent } from './target-errors.ts'
import { settingsOf } from './target-settings.ts'

const typeOf = { dedicated: 'DEDICATED_RESOURCES', automatic: 'AUTOMATIC_RESOURCES' } as const

/** Reads each model: whether it is there, and whether it can be deployed with these resources. */
export async function checkModels(
  client: VertexClient,
  { revisions }: TargetWant,
  abortSignal: AbortSignal | undefined,
): Promise<TargetCheck> {
  for (const { model, settings } of revisions) {
    if (model.artifact.kind !== 'hosted') continue
    const { model: name } = model.artifact
    const found = await unlessAbsent(client.read(modelReply, { ...readModelRequest(name), abortSignal }))
    if (found === undefined) {
      return { kind: 'refused', reason: 'ModelMissing', message: `${name} is not in the registry of Vertex` }
    }
    const { resources = 'dedicated' } = settingsOf(settings)
    const supported = found.supportedDeploymentResourcesTypes ?? []
    if (!supported.includes(typeOf[resources])) {
      const can = supported.length === 0 ? 'it cannot be deployed' : `it takes ${supported.join(', ')}`
      return {
        kind: 'refused',
        reason: 'ResourcesUnsupported',
        message: `${name} cannot be deployed with resources ${resources}: ${can}`,
      }
    }
  }
  return { kind: 'accepted', warnings: [] }
}
