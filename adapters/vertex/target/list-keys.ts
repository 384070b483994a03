import type { Key } from 'modelspine/adapter'
import { googlePages } from '../../shared/google/google-pages.ts'
import type { VertexClient } from '../vertex-client.ts'
import { endpointPage } from './endpoint-replies.ts'
import { listEndpointsRequest } from './endpoint-requests.ts'
import { keyIn } from './fence-labels.ts'

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
  for await (const { labels } of endpoints) {
    const key = keyIn(labels ?? {})
    if (key !== undefined) keys.add(key)
  }
  return [...keys]
}
