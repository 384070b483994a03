import {
  type Approval,
  createChangeHints,
  type ModelRegistry,
  type NewModelVersion,
  parseReference,
  systemClock,
  throwIfAborted,
} from 'modelspine/adapter'
import { findVersion } from '../../shared/registry/find-version.ts'
import { pollChanges } from '../../shared/registry/poll-changes.ts'
import { createVertexClient } from '../vertex-client.ts'
import { checkTags, editLabels, setAlias } from './edit-model.ts'
import { createModelPoller } from './model-poller.ts'
import { createModelReader } from './model-reader.ts'
import { modelIdIn, publishedModel, tagsIn } from './published-model.ts'
import { registerModel } from './register-model.ts'
import { registryWords } from './registry-errors.ts'
import { registrySettings, type VertexRegistryOptions } from './registry-options.ts'

export type VertexRegistry = ModelRegistry &
  Required<Pick<ModelRegistry, 'setAlias' | 'setApproval' | 'setTags' | 'close'>>

/**
 * The model registry of Vertex AI. Approval, owner and classification are labels of a version. Connects, loads and reads
 * nothing before the first call. Throws `invalid-options`.
 */
export function vertexRegistry(options: VertexRegistryOptions): VertexRegistry {
  const { clock = systemClock } = options
  const settings = registrySettings(options)
  const { name: _n, artifact: _a, labels: _l, container: _c, pollMs: _p, clock: _k, ...connection } = options
  const client = createVertexClient(connection, registryWords, clock)
  const reader = createModelReader(client, settings)
  const hints = createChangeHints()
  const poller = createModelPoller(client, hints.notify)
  const { labels, container, pollMs } = settings

  return {
    capabilities: {
      aliases: 'last-write-wins',
      approval: true,
      tags: true,
      register: container !== undefined,
      changes: pollMs !== undefined,
    },

    async resolve(reference, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'resolving a model reference')
      const wanted = parseReference(reference)
      return publishedModel(await findVersion(reader, wanted, abortSignal), wanted, settings)
    },

    async *models({ abortSignal } = {}) {
      throwIfAborted(abortSignal, 'listing models')
      for await (const record of reader.models(abortSignal)) {
        const owner = record.labels?.[labels.owner]
        yield { name: modelIdIn(record), tags: tagsIn(record.labels ?? {}, labels), ...(owner && { owner }) }
      }
    },

    async *versions(model, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'listing versions')
      for (const record of await reader.versions(model, undefined, abortSignal)) {
        yield publishedModel(record, { registry: settings.name, name: model }, settings)
      }
    },

    async setAlias(model, alias, version, { abortSignal, expect } = {}) {
      throwIfAborted(abortSignal, 'setting an alias')
      await setAlias(client, reader, { model, alias, version, expect }, abortSignal)
      hints.notify(model)
    },

    async setApproval(model, version, approval: Approval, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'setting an approval')
      const edit = { [labels.approval]: approval === 'unknown' ? null : approval }
      await editLabels(client, reader, { model, version, edit }, abortSignal)
      hints.notify(model)
    },

    async setTags(model, version, tags, { abortSignal } = {}) {
      throwIfAborted(abortSignal, 'setting tags')
      checkTags(tags, labels)
      await editLabels(client, reader, { model, version, edit: tags }, abortSignal)
      hints.notify(model)
    },

    ...(container !== undefined && {
      async register(
        fresh: NewModelVersion,
        { abortSignal }: { abortSignal?: AbortSignal | undefined } = {},
      ) {
        throwIfAborted(abortSignal, 'registering a version')
        const record = await registerModel({ client, reader, clock, settings }, fresh, abortSignal)
        hints.notify(fresh.name)
        return publishedModel(record, { registry: settings.name, name: fresh.name }, settings)
      },
    }),

    ...(pollMs !== undefined && {
      changes(abortSignal: AbortSignal): AsyncIterable<string> {
        const models = hints.listen(abortSignal)
        pollChanges(poller, { clock, pollMs }, abortSignal)
        return models
      },
    }),

    close: () => client.close(),
  }
}
