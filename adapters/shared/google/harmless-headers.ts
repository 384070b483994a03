/** What would be other credentials, or another bill. */
const ofCredentials: ReadonlySet<string> = new Set([
  'authorization',
  'x-goog-user-project',
  'x-goog-api-key',
  'host',
])

/** The headers of a caller that may be sent on. */
export function harmlessHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ofCredentials.has(name.toLowerCase())),
  )
}
