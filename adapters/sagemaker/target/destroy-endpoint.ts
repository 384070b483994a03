import type { ApplyOptions, DeploymentTarget, Key } from 'modelspine/adapter'
import { waitMs } from './apply-endpoint.ts'
import { claimEndpoint, keyIn } from './endpoint-tags.ts'
import { findLeftovers, removeOne } from './leftovers.ts'
import { isInFlight } from './live-endpoint.ts'
import { type EndpointPlace, listAll, lists, readEndpoint, readTags } from './target-calls.ts'
import { baseIn } from './target-names.ts'

/** One call each: the endpoint, its configs and its models. */
export async function destroyNext(
  place: EndpointPlace,
  call: Omit<ApplyOptions, 'secret' | 'ifMatch'>,
): ReturnType<DeploymentTarget['destroy']> {
  const { client, names, abortSignal } = place
  const live = await readEndpoint(place)
  if (live === undefined) {
    return (await removeOne(place, await findLeftovers(place, live))) ?? { kind: 'unchanged' }
  }
  if (isInFlight(live)) return { kind: 'busy', retryAfterMs: waitMs }
  await claimEndpoint(place, live, call)
  await client.send('DeleteEndpoint', { EndpointName: names.endpoint }, { abortSignal })
  return { kind: 'accepted' }
}

/**
 * The keys that have an endpoint, a config or a model here. SageMaker cannot list by tags, and asks for a call for the tags
 * of each. So the key of an address is kept in `known` while the address is listed, also when this is aborted.
 */
export async function keysIn(
  place: Pick<EndpointPlace, 'client' | 'config' | 'abortSignal'>,
  adopted: readonly EndpointPlace[],
  known: Map<string, Key>,
): Promise<readonly Key[]> {
  const begin = `${place.config.prefix}-`
  const arns = new Map<string, string>()
  for (const { name, arn } of await listAll(place, lists.endpoints, begin)) arns.set(name, arn)
  for (const list of [lists.configs, lists.models]) {
    for (const { name, arn } of await listAll(place, list, begin)) {
      if (!arns.has(baseIn(name))) arns.set(baseIn(name), arn)
    }
  }
  for (const { names, ...asking } of adopted) {
    const live = await readEndpoint({ names, ...asking })
    if (live !== undefined) arns.set(names.endpoint, live.arn)
  }
  const listed = new Set(arns.values())
  for (const arn of known.keys()) if (!listed.has(arn)) known.delete(arn)
  for (const arn of listed) {
    if (known.has(arn)) continue
    const key = keyIn(await readTags(place, arn))
    if (key !== undefined) known.set(arn, key)
  }
  return [...new Set(known.values())].sort()
}
