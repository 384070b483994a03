import { latestApproved } from 'modelspine/adapter'
import { googlePages } from '../../shared/google/google-pages.ts'
import type { VersionLookups } from '../../shared/registry/find-version.ts'
import type { VertexClient } from '../vertex-client.ts'
import { modelPage, modelRecord, type VertexModelRecord } from './model-replies.ts'
import { listModelsRequest, listVersionsRequest, readVersionRequest } from './model-requests.ts'
import { publishedModel, versionIn } from './published-model.ts'
import { missing } from './registry-errors.ts'
import type { VertexRegistrySettings } from './registry-options.ts'

export interface ModelReader extends VersionLookups<VertexModelRecord> {
  /** The default version of each model. */
  models(abortSignal: AbortSignal | undefined): AsyncIterable<VertexModelRecord>
  /** From the oldest to the newest. A filter is Vertex's, such as `labels.team=risk`. */
  versions(
    model: string,
    filter: string | undefined,
    abortSignal: AbortSignal | undefined,
  ): Promise<readonly VertexModelRecord[]>
}

const isNumber = (text: string): boolean => /^\d+$/.test(text)

export function createModelReader(client: VertexClient, settings: VertexRegistrySettings): ModelReader {
  const { parent } = client

  const read = (
    model: string,
    version: string,
    abortSignal: AbortSignal | undefined,
  ): Promise<VertexModelRecord> =>
    client.read(modelRecord, { ...readVersionRequest(parent, model, version), abortSignal })

  async function versions(
    model: string,
    filter: string | undefined,
    abortSignal: AbortSignal | undefined,
  ): Promise<readonly VertexModelRecord[]> {
    const list = googlePages(
      async (token) => {
        const request = { ...listVersionsRequest(parent, model, filter, token), abortSignal }
        const { models, nextPageToken } = await client.read(modelPage, request)
        return { items: models ?? [], nextPageToken }
      },
      `the list of versions of ${model}`,
      'registry-unavailable',
    )
    const found: VertexModelRecord[] = []
    for await (const record of list) found.push(record)
    return found.toSorted((one, other) => Number(versionIn(one)) - Number(versionIn(other)))
  }

  return {
    // Vertex would take an alias in its place, and mean another version later.
    async version(model, version, abortSignal) {
      if (isNumber(version)) return read(model, version, abortSignal)
      throw missing(model, `has no version "${version}": versions are numbers`)
    },

    // And a version in the place of an alias.
    async alias(model, alias, abortSignal) {
      if (!isNumber(alias)) return read(model, alias, abortSignal)
      throw missing(model, `has no alias "${alias}": for the version of this number write :${alias}`)
    },

    async latestApproved(model, abortSignal) {
      const records = await versions(model, `labels.${settings.labels.approval}=approved`, abortSignal)
      const published = records.map((record) => ({
        record,
        ...publishedModel(record, { registry: '', name: model }, settings),
      }))
      return (await latestApproved(model, published)).record
    },

    models: (abortSignal) =>
      googlePages(
        async (token) => {
          const request = { ...listModelsRequest(parent, token), abortSignal }
          const { models, nextPageToken } = await client.read(modelPage, request)
          return { items: models ?? [], nextPageToken }
        },
        'the list of models',
        'registry-unavailable',
      ),

    versions,
  }
}
