import type { VendorClient } from '../vendor-client.ts'

export interface SharedClient {
  readonly client: VendorClient
  /** Closes the client when nobody else uses it. May be called again. */
  close(): Promise<void>
}

/**
 * Clients for the providers of a plane's endpoints: those at one address share connections and credentials. A client is
 * kept as long as somebody uses it.
 */
export function sharedClients(open: (baseUrl: string) => VendorClient): (baseUrl: string) => SharedClient {
  const held = new Map<string, { readonly client: VendorClient; users: number }>()
  return (baseUrl) => {
    const entry = held.get(baseUrl) ?? { client: open(baseUrl), users: 0 }
    held.set(baseUrl, entry)
    entry.users += 1
    let isOpen = true
    return {
      client: entry.client,
      async close() {
        if (!isOpen) return
        isOpen = false
        entry.users -= 1
        if (entry.users > 0) return
        held.delete(baseUrl)
        await entry.client.close()
      },
    }
  }
}
