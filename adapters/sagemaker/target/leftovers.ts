import type { ApplyResult } from 'modelspine/adapter'
import type { Listed } from './endpoint-replies.ts'
import { keyIn } from './endpoint-tags.ts'
import type { LiveEndpoint } from './live-endpoint.ts'
import { type EndpointPlace, listAll, lists, readConfig, readTags } from './target-calls.ts'
import { unlessAbsent } from './target-errors.ts'

/** Configs and models of a key that its endpoint does not use. */
export interface Leftovers {
  readonly configs: readonly Listed[]
  readonly models: readonly Listed[]
}

/** The models that an endpoint uses, by its config. */
async function modelsInUse(place: EndpointPlace, live: LiveEndpoint): Promise<ReadonlySet<string>> {
  const config = await readConfig(place, live.config)
  const used = config?.ProductionVariants.flatMap(({ ModelName }) => ModelName ?? []) ?? []
  return new Set([...used, ...live.variants.map(({ name }) => place.names.model(name))])
}

export async function findLeftovers(
  place: EndpointPlace,
  live: LiveEndpoint | undefined,
): Promise<Leftovers> {
  const { names } = place
  const configs = await listAll(place, lists.configs, `${names.base}-`)
  const models = await listAll(place, lists.models, `${names.base}-`)
  const used = live === undefined ? new Set() : await modelsInUse(place, live)
  return {
    configs: configs.filter(({ name }) => names.isConfig(name) && name !== live?.config),
    models: models.filter(({ name }) => names.revisionOf(name) !== undefined && !used.has(name)),
  }
}

/** Removes one: configs before models, because a config names its models. Undefined when nothing of ours is left. */
export async function removeOne(
  place: EndpointPlace,
  { configs, models }: Leftovers,
): Promise<Extract<ApplyResult, { kind: 'accepted' }> | undefined> {
  for (const { name, arn } of configs) {
    if (await remove(place, arn, 'DeleteEndpointConfig', { EndpointConfigName: name })) {
      return { kind: 'accepted' }
    }
  }
  for (const { name, arn } of models) {
    if (await remove(place, arn, 'DeleteModel', { ModelName: name })) return { kind: 'accepted' }
  }
  return undefined
}

/** False for something that somebody else made, or that is gone already. */
async function remove(place: EndpointPlace, arn: string, operation: string, input: object): Promise<boolean> {
  const { client, key, abortSignal } = place
  if (keyIn(await readTags(place, arn)) !== key) return false
  const call = client.send(operation, input, { abortSignal }).then(() => true)
  return (await unlessAbsent(call)) ?? false
}

/** A revision of which only the model is there. */
export interface BareRevision {
  readonly revision: string
  readonly createdMs: number
}

export async function bareRevisions(
  place: EndpointPlace,
  live: LiveEndpoint | undefined,
): Promise<readonly BareRevision[]> {
  const shown = [...(live?.variants ?? []).map(({ name }) => name), ...(live?.pending?.variants ?? [])]
  const used = new Set(shown.map((name) => place.names.model(name)))
  const models = await modelsOf(place)
  return models.filter(({ revision }) => !used.has(place.names.model(revision)))
}

/** The revisions that have a model. */
export async function modelsOf(place: EndpointPlace): Promise<readonly BareRevision[]> {
  const models = await listAll(place, lists.models, `${place.names.base}-`)
  return models.flatMap(({ name, createdMs }) => {
    const revision = place.names.revisionOf(name)
    return revision === undefined ? [] : [{ revision, createdMs }]
  })
}
