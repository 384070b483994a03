import type { Served } from '../routing/attempts.ts'

/** The headers of a reply that say who gave it. */
export function servedHeaders(served: Served, contentType: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': contentType,
    'x-modelspine-provider': served.provider,
    'x-modelspine-attempts': String(served.attempts),
  }
  if (served.deployment !== undefined) headers['x-modelspine-deployment'] = served.deployment
  if (served.revision !== undefined) headers['x-modelspine-revision'] = served.revision
  return headers
}
