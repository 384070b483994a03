import { type Key, ModelspineError, type ObservedTarget } from 'modelspine/adapter'
import type { KubernetesClient } from '../shared/kubernetes/kubernetes-client.ts'
import { listRequest, type Sort } from './kserve-api.ts'
import { inferenceServices, objectNames } from './kserve-replies.ts'
import { type LiveService, liveOf } from './modes/live-service.ts'
import type { ModePlace } from './modes/mode.ts'
import { keyIn } from './our-object.ts'

/**
 * Looks at several deployments with one list. Where the list has more pages than there are deployments to look at, those
 * that were not found yet are left out, and are looked at alone.
 */
export async function observeMany(
  client: KubernetesClient,
  places: readonly ModePlace[],
  observed: (place: ModePlace, live: LiveService | undefined) => ObservedTarget,
  abortSignal: AbortSignal | undefined,
): Promise<ReadonlyMap<Key, ObservedTarget>> {
  const seen = new Map<Key, ObservedTarget>()
  const [first] = places
  if (first === undefined) return seen
  const wanted = new Map(places.map((place) => [place.key, place]))
  let next: string | undefined
  for (let page = 1; ; page += 1) {
    const request = listRequest(first.options.namespace, 'inferenceservices', next)
    const { items, metadata } = await client.read(inferenceServices, { ...request, abortSignal })
    for (const item of items ?? []) {
      const key = keyIn(item.metadata)
      const place = key && wanted.get(key)
      if (place === undefined || item.metadata.name !== place.names.service) continue
      seen.set(place.key, observed(place, liveOf(item)))
    }
    next = metadata?.continue || undefined
    if (next === undefined) break
    if (seen.size === wanted.size || page >= wanted.size) return seen
  }
  // Somebody else's object may have the name, and only a look at it alone tells that.
  return seen
}

/** The keys that have an InferenceService or a record here. */
export async function keysIn(
  client: KubernetesClient,
  namespace: string,
  abortSignal: AbortSignal | undefined,
): Promise<readonly Key[]> {
  const keys = new Set<Key>()
  for (const sort of ['inferenceservices', 'configmaps'] satisfies readonly Sort[]) {
    let next: string | undefined
    do {
      const request = listRequest(namespace, sort, next)
      const { items, metadata } = await client.read(objectNames, { ...request, abortSignal })
      for (const item of items ?? []) {
        const key = keyIn(item.metadata)
        if (key !== undefined) keys.add(key)
      }
      const before = next
      next = metadata?.continue || undefined
      if (next !== undefined && next === before) {
        throw new ModelspineError('target-unavailable', 'KServe: the list gives one page again and again')
      }
    } while (next !== undefined)
  }
  return [...keys].sort()
}
