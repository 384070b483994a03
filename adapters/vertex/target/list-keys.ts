import type { Key } from 'modelspine/adapter'
import { googlePages } from '../../shared/google/google-pages.ts'
import type { VertexClient } from '../vertex-client.ts'
import { endpointPage } from './endpoint-replies.ts'
import { listEndpointsRequest } from './endpoint-requests.ts'
import { ownerIn } from './fence-labels.ts'

/** The keys of all endpoints that have our labels. */
export async function listKeys(
  client: VertexClient,
  abortSignal: AbortSignal | undefined,
): Promise<readonly Key[]> {
  const endpoints = googlePages(
    async (token) => {
      const request = { ...listEndpointsRequest(client.parent, token), abortSignal }
      const { endpoints, nextPageToken } = await client.read(endpointPage, request)
      return { items: endpoints ?? [], nextPageToken }
    },
    'the list of endpoints',
    'target-unavailable',
  )
  const keys = new Set<Key>()
  for await (const { name, labels } of endpoints) {
    const owner = ownerIn(labels ?? {}, name)
    if (owner !== undefined) keys.add(owner.key)
  }
  return [...keys]
}
