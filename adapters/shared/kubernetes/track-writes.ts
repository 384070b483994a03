import type { VendorRequest } from '../vendor-client.ts'
import { wasNotSent } from '../vendor-reach.ts'
import type { KubernetesClient } from './kubernetes-client.ts'

/** A client for one mutation, which may take several calls. */
export interface TrackedClient {
  readonly client: KubernetesClient
  /** Whether a write may have reached the API server, also when it was refused or its answer was lost. */
  readonly hasWritten: boolean
}

export function trackWrites(client: KubernetesClient): TrackedClient {
  let hasWritten = false

  async function noted<Answer>({ method }: VendorRequest, answer: Promise<Answer>): Promise<Answer> {
    if (method === 'GET') return answer
    try {
      const known = await answer
      hasWritten = true
      return known
    } catch (error) {
      if (!wasNotSent(error)) hasWritten = true
      throw error
    }
  }

  return {
    client: {
      ...client,
      call: (request) => noted(request, client.call(request)),
      read: (schema, request) => noted(request, client.read(schema, request)),
    },
    get hasWritten() {
      return hasWritten
    },
  }
}
