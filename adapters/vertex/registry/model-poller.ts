import { sha256 } from 'modelspine/adapter'
import type { ChangePoller } from '../../shared/registry/poll-changes.ts'
import type { VertexClient } from '../vertex-client.ts'
import { modelPage, type VertexModelRecord } from './model-replies.ts'
import { listModelsRequest } from './model-requests.ts'
import { modelIdIn } from './published-model.ts'

/** How many pages of a hundred models one look reads, and how many models are followed. */
const pagesPerLook = 5
const mostModels = 20_000

/** Each look reads the models that changed last. A list shows the default version of each. */
export function createModelPoller(client: VertexClient, changed: (model: string) => void): ChangePoller {
  const known = new Map<string, string>()
  let isKnown = false

  function take(record: VertexModelRecord): void {
    const model = modelIdIn(record)
    const state = sha256(JSON.stringify(stateOf(record))).slice(0, 24)
    const before = known.get(model)
    known.delete(model)
    known.set(model, state)
    // What the first look finds may always have been so.
    if (before === undefined ? isKnown : before !== state) changed(model)
    const [oldest] = known.keys()
    if (known.size > mostModels && oldest !== undefined) known.delete(oldest)
  }

  return {
    async look(abortSignal) {
      let token: string | undefined
      for (let page = 0; page < pagesPerLook; page += 1) {
        const request = { ...listModelsRequest(client.parent, token), abortSignal }
        const { models, nextPageToken } = await client.read(modelPage, request)
        for (const record of models ?? []) take(record)
        if (!nextPageToken) break
        token = nextPageToken
      }
      isKnown = true
    },
  }
}

function stateOf(record: VertexModelRecord): unknown {
  const { etag, updateTime, versionUpdateTime, versionId, versionAliases, labels } = record
  return [
    etag,
    updateTime,
    versionUpdateTime,
    versionId,
    [...(versionAliases ?? [])].sort(),
    Object.entries(labels ?? {}).sort(),
  ]
}
