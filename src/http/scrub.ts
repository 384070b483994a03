import { escaped, hide, isIn, type KnownSecret, mask, type Spelling, spellingsOf } from '../spellings.ts'
import { cleanCause, hideCredentials, isCredential } from './credentials.ts'

/**
 * The header values that must not be printed: the whole value, and the part after a scheme such as `Bearer`.
 */
export function secretsOf(headers: Readonly<Record<string, string>>): readonly string[] {
  const secrets: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    if (!isCredential(name) || value === '') continue
    secrets.push(value)
    const space = value.indexOf(' ')
    if (space > 0) secrets.push(value.slice(space + 1))
  }
  return secrets
}

/**
 * Removes credentials from a text: the given secrets in every spelling, the word after `Bearer` or `Basic`, user
 * information in a URL, values whose name says that they are secret, and keys of well-known forms.
 */
export function scrub(text: string, secrets: Iterable<KnownSecret> = []): string {
  return hideCredentials(hide(text, spellingsOf(secrets)))
}

/**
 * The first `longest` characters of the text, without credentials. It removes what `scrub` does before it cuts, so
 * that no beginning of a credential is left. The time does not depend on the length of the text.
 */
export function scrubStart(text: string, longest: number, secrets: Iterable<KnownSecret> = []): string {
  const length = longest + margin
  const start = hiddenStart(text, length, spellingsOf(secrets))
  const whole = start.length < length ? start : start.replace(openUserInformation, '://')
  return scrub(whole).slice(0, longest)
}

/** So many characters are cleaned beyond those that are shown, because cleaning makes the text shorter. */
const margin = 7000

/** Where a text was cut, it may end before the `@` that tells what this was. */
const openUserInformation = /:\/\/[^/\s@]*:[^/\s@]*$/

/** At least `length` characters of the text without the spellings, unless the text is shorter. None is cut in two. */
function hiddenStart(text: string, length: number, spellings: readonly Spelling[]): string {
  const sources = spellings.map((each) => (typeof each === 'string' ? escaped(each) : each.source))
  // A spelling that is a pattern finds texts of its unescaped length.
  const longestSpelling = Math.max(0, ...sources.map((each) => each.length))
  // Most texts have no secret, and this is found out sooner than the pattern of all is made.
  const first = text.slice(0, length + longestSpelling)
  if (!spellings.some((each) => isIn(first, each))) return first.slice(0, length)
  const pattern = new RegExp(sources.join('|'))
  let clean = ''
  for (let at = 0; at < text.length && clean.length < length; ) {
    const window = text.slice(at, at + length + longestSpelling)
    const found = pattern.exec(window)
    if (found === null || found.index >= length) return clean + window.slice(0, length)
    clean += `${window.slice(0, found.index)}${mask}`
    at += found.index + found[0].length
  }
  return clean
}

/** A copy of a thrown error with only its name, its code and its cleaned message. */
export function scrubbedCause(error: unknown, secrets: readonly string[]): Error {
  return cleanCause(error, (message) => scrub(message, secrets))
}
