import type { Served } from '../routing/attempt/served.ts'

/** The headers of a reply that name the provider, the deployment and the revision that gave it. */
export function servedHeaders(served: Served, contentType: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': headerText(contentType),
    'x-modelspine-provider': headerText(served.provider),
    'x-modelspine-attempts': String(served.attempts),
  }
  if (served.deployment !== undefined) headers['x-modelspine-deployment'] = served.deployment
  if (served.revision !== undefined) headers['x-modelspine-revision'] = served.revision
  return headers
}

/**
 * Makes a text safe for a header. The text comes from outside: from an upstream, or from the provider's name.
 */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, '?')
}
