import {
  type ApplyOptions,
  acceptFence,
  type FenceRecord,
  type Key,
  ModelspineError,
} from 'modelspine/adapter'
import type { EndpointTag } from './endpoint-replies.ts'
import type { LiveEndpoint } from './live-endpoint.ts'
import { type EndpointPlace, readTags } from './target-calls.ts'
import { ownTags } from './target-options.ts'

const tagNames = {
  key: `${ownTags}key`,
  fence: `${ownTags}fence`,
  store: `${ownTags}store`,
} as const

type FenceCall = Pick<ApplyOptions, 'fence' | 'store' | 'takeOver'>

/** The tags of everything that is made for a key. */
export function tagsOf({ key, config }: Pick<EndpointPlace, 'key' | 'config'>): readonly EndpointTag[] {
  return asTags({ ...config.tags, [tagNames.key]: key })
}

/** Those of an endpoint. */
export function endpointTags(place: EndpointPlace, call: FenceCall): readonly EndpointTag[] {
  return [...tagsOf(place), ...fenceTags(acceptFence(place.key, undefined, call))]
}

function fenceTags({ fence, store }: FenceRecord): readonly EndpointTag[] {
  return asTags({ [tagNames.fence]: String(fence), ...(store !== undefined && { [tagNames.store]: store }) })
}

function asTags(tags: Readonly<Record<string, string>>): readonly EndpointTag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** The key of what this target made. */
export function keyIn(tags: ReadonlyMap<string, string>): Key | undefined {
  const key = tags.get(tagNames.key)
  return key !== undefined && /^[^/]+\/[^/]+$/.test(key) ? (key as Key) : undefined
}

/**
 * Checks that an endpoint is the key's, and that no newer plane has been there. Then writes what this plane is. Tags
 * cannot be compared and written as one, so two planes at the same moment are not kept apart.
 *
 * Throws `target-refused` for an endpoint of somebody else, `fence-stale` and `fence-foreign`.
 */
export async function claimEndpoint(
  place: EndpointPlace,
  live: LiveEndpoint,
  call: FenceCall,
): Promise<void> {
  const { key, client, abortSignal } = place
  const tags = await readTags(place, live.arn)
  checkOwner(place, live, tags)
  const known = recordIn(tags)
  const record = acceptFence(key, known, call)
  const isKnown = record.fence === known?.fence && record.store === known.store && keyIn(tags) === key
  if (isKnown) return
  const input = { ResourceArn: live.arn, Tags: [...tagsOf(place), ...fenceTags(record)] }
  await client.send('AddTags', input, { abortSignal, repeatable: true })
}

/**
 * Throws `target-refused`. An endpoint with a config of ours and without tags is ours: it is gone already and only the
 * description is old, or somebody took the tags off.
 */
export function checkOwner(
  { key, names, config }: EndpointPlace,
  live: LiveEndpoint,
  tags: ReadonlyMap<string, string>,
): void {
  const owner = keyIn(tags)
  if (owner === key) return
  if (owner === undefined && (config.adopt.has(key) || names.isConfig(live.config))) return
  const whose = owner === undefined ? 'is not of this target' : `belongs to ${owner}`
  throw new ModelspineError(
    'target-refused',
    `the endpoint ${names.endpoint} ${whose}, so it is left alone: name it in the target’s option adopt, delete it, or call the deployment otherwise`,
  )
}

function recordIn(tags: ReadonlyMap<string, string>): FenceRecord | undefined {
  const fence = Number(tags.get(tagNames.fence) ?? Number.NaN)
  const store = tags.get(tagNames.store)
  return Number.isSafeInteger(fence) ? { fence, ...(store !== undefined && { store }) } : undefined
}
