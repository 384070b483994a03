import { join } from 'node:path'
import { type Secret, scrubSecrets } from 'modelspine/adapter'
import { lastLines } from './bounded-log.ts'

/**
 * What happened and what the process printed last. Its secrets are taken out; while they are not known, because an
 * earlier parent gave them, nothing is quoted.
 */
export async function describeEnding(
  revisionPath: string,
  what: string,
  secrets: ReadonlyMap<string, Secret> | undefined,
): Promise<string> {
  if (secrets === undefined) return `${what}; what it printed is in ${join(revisionPath, 'log')}`
  const text = await lastLines(revisionPath, 5, (whole) => scrubSecrets(whole, secrets.values()))
  return text === '' ? what : `${what}; it last printed:\n${text}`
}
