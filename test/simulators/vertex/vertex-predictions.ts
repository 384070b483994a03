import type { DeployedModel } from './vertex-endpoints.ts'
import { Failure, type Json } from './vertex-failure.ts'
import type { VertexAnswer } from './vertex-routes.ts'
import type { VertexWorld } from './vertex-world.ts'

function served(world: VertexWorld, endpoint: string): DeployedModel {
  return world.endpoints.pick(endpoint, Math.random())
}

/** The container answers with what it was sent. */
export function predict(world: VertexWorld, endpoint: string, { instances }: Json): Json {
  const { id, model, modelVersionId } = served(world, endpoint)
  if (!Array.isArray(instances)) throw new Failure('INVALID_ARGUMENT', 'instances is required.')
  return {
    predictions: instances,
    deployedModelId: id,
    model: world.named(model).split('@')[0],
    modelVersionId: String(modelVersionId),
    modelDisplayName: 'churn',
  }
}

/** The container answers with what it was sent. */
export function rawPredict(
  world: VertexWorld,
  endpoint: string,
  bytes: Buffer,
  contentType: string,
): VertexAnswer {
  const { id } = served(world, endpoint)
  return { headers: { 'content-type': contentType, 'x-vertex-ai-deployed-model-id': id }, bytes }
}
