import type { Served } from '../routing/attempt/served.ts'

/** The headers of a reply that name the provider, the deployment and the revision that gave it. */
export function servedHeaders(served: Served, contentType: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': headerText(contentType),
    ...upstreamHeaders(served),
    'x-modelspine-attempts': String(served.attempts),
  }
  if (served.approximated !== undefined)
    headers['x-modelspine-approximated'] = approximatedIn(served.approximated)
  return headers
}

const mostNamed = 20

/** The places, for a caller who wants to know. The router's own reply has what became of each. */
function approximatedIn(approximated: NonNullable<Served['approximated']>): string {
  const places = approximated.slice(0, mostNamed).map(({ field }) => field)
  const more = approximated.length - places.length
  return headerText(places.join(', ') + (more > 0 ? `, and ${more} more` : ''))
}

/** The headers that name an upstream. */
export function upstreamHeaders({
  provider,
  deployment,
  revision,
}: Pick<Served, 'provider' | 'deployment' | 'revision'>): Record<string, string> {
  const headers: Record<string, string> = { 'x-modelspine-provider': headerText(provider) }
  if (deployment !== undefined) headers['x-modelspine-deployment'] = deployment
  if (revision !== undefined) headers['x-modelspine-revision'] = revision
  return headers
}

/**
 * Makes a text safe for a header. The text comes from outside: from an upstream, or from the provider's name.
 */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, '?')
}
