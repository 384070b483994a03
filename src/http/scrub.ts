import { hide, type KnownSecret, spellingsOf } from '../spellings.ts'

const mask = '[secret]'
const sensitiveName = /authorization|cookie|api-?key|token|secret|signature|password|credential/i

/**
 * The length of names is limited, so that for every text the time stays proportional to the text's length.
 */
const secretParameter =
  /([?&][^=?&\s]{0,100}(?:key|token|secret|signature|password|credential)[^=?&\s]{0,100}=)[^&\s"']+/gi

/**
 * The header values that must not be printed: the whole value, and the part after a scheme such as `Bearer`.
 */
export function secretsOf(headers: Readonly<Record<string, string>>): readonly string[] {
  const secrets: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    if (!sensitiveName.test(name) || value === '') continue
    secrets.push(value)
    const space = value.indexOf(' ')
    if (space > 0) secrets.push(value.slice(space + 1))
  }
  return secrets
}

/**
 * Removes credentials from a text: the given secrets in every spelling, the word after `Bearer` or `Basic`, user
 * information in a URL, and query parameters whose name says that they are secret.
 */
export function scrub(text: string, secrets: Iterable<KnownSecret> = []): string {
  return hide(text, spellingsOf(secrets))
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${mask}`)
    .replace(/:\/\/[^/\s@]+@/g, `://${mask}@`)
    .replace(secretParameter, `$1${mask}`)
}

/** A copy of a thrown error with only its name, its code and its cleaned message. */
export function scrubbedCause(error: unknown, secrets: readonly string[]): Error {
  const { name, message, code }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error(String(error))
  const clean = new Error(scrub(message, secrets))
  clean.name = name
  delete clean.stack
  return code === undefined ? clean : Object.assign(clean, { code })
}
