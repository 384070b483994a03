import {
  type Clock,
  checkOptions,
  ModelspineError,
  type OptionKinds,
  systemClock,
  vertexAi,
} from 'modelspine/adapter'
import { type GeminiProvider, geminiProvider } from '../../shared/google/gemini/gemini-provider.ts'
import type { GeminiReach } from '../../shared/google/gemini/gemini-reach.ts'
import { geminiWords } from '../../shared/google/gemini/gemini-words.ts'
import { resourcePath } from '../../shared/google/resource-path.ts'
import { googleKinds } from '../../shared/options/connection-kinds.ts'
import { createVertexClient, type VertexConnection } from '../vertex-client.ts'
import { embedWithVertex } from './vertex-embeddings.ts'

export interface VertexGeminiOptions extends VertexConnection {
  /** The `gen_ai.provider.name`, and the name of the request's `options` entry to send. Default `gcp.vertex_ai`. */
  readonly name?: string
  /**
   * How long Vertex may take until its answer begins, and between two pieces of one, in milliseconds. Default 300,000.
   */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

const words = geminiWords({ vendor: 'Vertex', owner: 'vertexGemini' })

const kinds: OptionKinds<VertexGeminiOptions> = {
  ...googleKinds,
  project: 'string!',
  location: 'string!',
  name: 'string',
  clock: 'now()',
}

/**
 * A provider for Gemini and for the embedding models of Vertex AI. The model of a request is a name such as
 * `gemini-2.5-flash`, an endpoint of a tuned model, or a whole name. Connects, loads and reads nothing before the first call.
 * Throws `invalid-options`.
 */
export function vertexGemini(options: VertexGeminiOptions): GeminiProvider {
  checkOptions(options, kinds)
  const {
    name = 'gcp.vertex_ai',
    clock = systemClock,
    timeoutMs = 300_000,
    maxReplyBytes = 64 * 1024 * 1024,
    ...connection
  } = options
  const client = createVertexClient({ ...connection, timeoutMs, maxReplyBytes }, words, clock)
  const pathOf = (model: string): string => `/v1/${resourcePath(wholeName(client.parent, model))}`
  const reach: GeminiReach = { client, words, abilities: vertexAi, pathOf }
  return geminiProvider({
    name,
    reach,
    embed: (request, context) => embedWithVertex(reach, name, request, context),
  })
}

function wholeName(parent: string, model: string): string {
  if (!model.includes('/')) return `${parent}/publishers/google/models/${model}`
  if (/^(?:publishers\/[^/]+\/models|endpoints)\/[^/]+$/.test(model)) return `${parent}/${model}`
  if (/^projects\/[^/]+\/locations\/[^/]+\/(?:endpoints|publishers\/[^/]+\/models)\/[^/]+$/.test(model))
    return model
  throw new ModelspineError(
    'not-found',
    `Vertex: "${model}" names no model: write one such as gemini-2.5-flash, endpoints/…, or projects/…/locations/…/endpoints/…`,
  )
}
