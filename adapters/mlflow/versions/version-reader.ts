import type { ModelspineError, ModelVersion } from 'modelspine/adapter'
import type { VendorClient } from '../../shared/vendor-client.ts'
import {
  getAlias,
  getModel,
  getVersion,
  type ModelRecord,
  modelReply,
  nameFilter,
  searchVersions,
  tagFilter,
  type VersionRecord,
  versionReply,
  versionsPage,
} from '../mlflow-api.ts'
import { lookupError, notFound } from '../mlflow-errors.ts'
import type { MlflowSettings } from '../mlflow-options.ts'
import type { FactsMemory } from './facts-memory.ts'
import { readMlflowFacts } from './mlflow-facts.ts'
import { pagesOf } from './mlflow-pages.ts'
import { approvalOf, isReady, publishedVersion } from './published-version.ts'

/** Reads of MLflow's registry. Each throws the codes of the contract. */
export interface VersionReader {
  model(name: string, abortSignal: AbortSignal | undefined): Promise<ModelRecord>
  /** Also one that cannot be used. */
  version(name: string, version: string, abortSignal: AbortSignal | undefined): Promise<VersionRecord>
  alias(name: string, alias: string, abortSignal: AbortSignal | undefined): Promise<VersionRecord>
  latestApproved(name: string, abortSignal: AbortSignal | undefined): Promise<VersionRecord>
  /** Oldest first, in lists, with those that cannot be used. Their records have no aliases. */
  search(
    name: string,
    options: { readonly filters?: readonly string[]; readonly newestFirst?: boolean },
    abortSignal: AbortSignal | undefined,
  ): AsyncIterable<readonly VersionRecord[]>
  /** Throws `model-not-found` for a version that cannot be used. */
  publish(
    registry: string,
    record: VersionRecord,
    abortSignal: AbortSignal | undefined,
  ): Promise<ModelVersion>
}

const pageSize = 200

/** `creation_timestamp` first, because numbers and times may disagree where several servers have clocks. */
const oldestFirst = ['creation_timestamp ASC', 'version_number ASC']
const newestFirstOrder = ['creation_timestamp DESC', 'version_number DESC']

export function createVersionReader(
  client: VendorClient,
  memory: FactsMemory,
  settings: MlflowSettings,
): VersionReader {
  const lookUp = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      return await answer
    } catch (error) {
      throw lookupError(error)
    }
  }

  async function* search(
    name: string,
    { filters = [], newestFirst = false }: { filters?: readonly string[]; newestFirst?: boolean },
    abortSignal: AbortSignal | undefined,
  ): AsyncGenerator<readonly VersionRecord[]> {
    const filter = [nameFilter(name), ...filters].join(' AND ')
    const orderBy = newestFirst ? newestFirstOrder : oldestFirst
    const options = { filter, orderBy, maxResults: pageSize }
    for await (const page of pagesOf(client, searchVersions, versionsPage, options, abortSignal)) {
      yield page.filter((each) => each.name === name)
    }
  }

  const reader: VersionReader = {
    search,

    async model(name, abortSignal) {
      const { registered_model } = await lookUp(client.read(modelReply, { ...getModel(name), abortSignal }))
      if (registered_model.name === name) return registered_model
      throw notFound(`MLflow has no model "${name}", only "${registered_model.name}"`, { model: name })
    },

    async version(name, version, abortSignal) {
      const missing = (): ModelspineError =>
        notFound(`model "${name}" has no version "${version}": MLflow numbers versions`, {
          model: name,
          version,
        })
      if (!/^\d{1,10}$/.test(version)) throw missing()
      const { model_version } = await lookUp(
        client.read(versionReply, { ...getVersion(name, version), abortSignal }),
      )
      // MLflow takes 01 for 1, and some of its databases take NAME for name.
      if (model_version.name !== name || model_version.version !== version) throw missing()
      return model_version
    },

    async alias(name, alias, abortSignal) {
      const { model_version } = await lookUp(
        client.read(versionReply, { ...getAlias(name, alias), abortSignal }),
      )
      if (model_version.name === name) return model_version
      throw notFound(`MLflow has no model "${name}", only "${model_version.name}"`, { model: name })
    },

    async latestApproved(name, abortSignal) {
      const { tags, stages } = settings
      // Stages have no filter, so then all versions are read.
      const filters = Object.keys(stages).length > 0 ? [] : [tagFilter(tags.approval, 'approved')]
      for await (const page of search(name, { filters, newestFirst: true }, abortSignal)) {
        const found = page.find((each) => isReady(each) && approvalOf(each, settings) === 'approved')
        if (found !== undefined) return found
      }
      await reader.model(name, abortSignal)
      throw notFound(
        `no usable version of model "${name}" is approved: set the tag ${tags.approval} of one to approved, or name a version or an alias`,
        { model: name, tag: tags.approval },
      )
    },

    async publish(registry, record, abortSignal) {
      checkReady(record)
      const facts = await memory.of(record, () => readMlflowFacts(client, record, abortSignal))
      return publishedVersion(registry, record, facts, settings)
    },
  }
  return reader
}

function checkReady(record: VersionRecord): void {
  if (isReady(record)) return
  const { name, version, status, status_message } = record
  const isPending = status === 'PENDING_REGISTRATION'
  const why = isPending ? 'it is still being registered' : 'it cannot be used'
  throw notFound(
    `version ${version} of model "${name}" has the status ${status}${status_message ? ` (${status_message})` : ''}: ${why}`,
    { model: name, version, status },
    isPending,
  )
}
