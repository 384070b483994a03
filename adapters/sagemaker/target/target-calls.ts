import type { Key } from 'modelspine/adapter'
import type { ZodType } from 'zod'
import { allPages } from '../../shared/all-pages.ts'
import type { SagemakerClient } from '../sagemaker-client.ts'
import {
  type ConfigReply,
  configPage,
  configReply,
  endpointPage,
  endpointReply,
  type Listed,
  type ListedModel,
  type ListPage,
  modelPage,
  modelReply,
  tagPage,
} from './endpoint-replies.ts'
import { type LiveEndpoint, liveOf } from './live-endpoint.ts'
import { unlessAbsent } from './target-errors.ts'
import { namesOf, type TargetNames } from './target-names.ts'
import type { TargetConfig } from './target-options.ts'

/** One deployment at SageMaker, in one call of the target. */
export interface EndpointPlace {
  readonly key: Key
  readonly names: TargetNames
  readonly config: TargetConfig
  readonly client: SagemakerClient
  readonly abortSignal: AbortSignal | undefined
}

export function placeOf(
  key: Key,
  config: TargetConfig,
  client: SagemakerClient,
  abortSignal: AbortSignal | undefined,
): EndpointPlace {
  return { key, names: namesOf(key, config), config, client, abortSignal }
}

/** Undefined when there is none. */
export async function readEndpoint(place: EndpointPlace): Promise<LiveEndpoint | undefined> {
  const { client, names, abortSignal } = place
  const input = { EndpointName: names.endpoint }
  const reply = await unlessAbsent(client.read(endpointReply, 'DescribeEndpoint', input, { abortSignal }))
  if (reply === undefined) return undefined
  const live = liveOf(reply)
  if (live.variants.length > 0 || live.pending !== undefined || live.config === '') return live
  // While it is made, and after that has failed, an endpoint may not tell what it has.
  const config = await readConfig(place, live.config)
  if (config === undefined) return live
  const variants = config.ProductionVariants.map(({ VariantName }) => VariantName)
  return { ...live, pending: { config: live.config, variants } }
}

export async function readConfig(
  { client, abortSignal }: EndpointPlace,
  name: string,
): Promise<ConfigReply | undefined> {
  const input = { EndpointConfigName: name }
  return unlessAbsent(client.read(configReply, 'DescribeEndpointConfig', input, { abortSignal }))
}

export async function hasModel({ client, abortSignal }: EndpointPlace, name: string): Promise<boolean> {
  const call = client.read(modelReply, 'DescribeModel', { ModelName: name }, { abortSignal })
  return (await unlessAbsent(call)) !== undefined
}

/** The tags of something, by their names. Empty where there is no such thing. */
export async function readTags(place: Asking, arn: string): Promise<ReadonlyMap<string, string>> {
  const input = { ResourceArn: arn, MaxResults: 50 }
  const tags = await unlessAbsent(allItems(place, 'ListTags', tagPage, input))
  return new Map((tags ?? []).map(({ Key, Value }) => [Key, Value]))
}

type Asking = Pick<EndpointPlace, 'client' | 'abortSignal'>

interface List<Item extends Listed> {
  readonly operation: string
  readonly page: ZodType<ListPage<Item>>
}

export const lists: {
  readonly endpoints: List<Listed>
  readonly configs: List<Listed>
  readonly models: List<ListedModel>
} = {
  endpoints: { operation: 'ListEndpoints', page: endpointPage },
  configs: { operation: 'ListEndpointConfigs', page: configPage },
  models: { operation: 'ListModels', page: modelPage },
}

/** What has a name that begins like this. */
export async function listAll<Item extends Listed>(
  place: Asking,
  { operation, page }: List<Item>,
  begin: string,
): Promise<readonly Item[]> {
  const input = { NameContains: begin, MaxResults: 100 }
  const found = await allItems(place, operation, page, input)
  return found.filter(({ name }) => name.startsWith(begin))
}

/** Throws `target-unavailable` when a page leads back to an earlier one. */
async function allItems<Item>(
  { client, abortSignal }: Asking,
  operation: string,
  schema: ZodType<ListPage<Item>>,
  input: object,
): Promise<readonly Item[]> {
  const found: Item[] = []
  const ask = (next: string | undefined): Promise<ListPage<Item>> =>
    client.read(schema, operation, { ...input, ...(next && { NextToken: next }) }, { abortSignal })
  const list = `the answer of SageMaker to ${operation}`
  for await (const items of allPages(ask, list, 'target-unavailable')) found.push(...items)
  return found
}
