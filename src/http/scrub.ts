import { escaped, hide, isIn, type KnownSecret, mask, type Spelling, spellingsOf } from '../spellings.ts'

const sensitiveName = /auth|cookie|key|token|secret|signature|password|credential/i

/** Whether a header of this name holds a credential: `authorization`, `x-goog-api-key`, `ocp-apim-subscription-key` … */
export function isCredential(header: string): boolean {
  return sensitiveName.test(header)
}

/**
 * What is hidden in every text, with the part that stays. The length of names is limited, so that for every text the time
 * stays proportional to the text's length.
 */
const credentials: readonly (readonly [pattern: RegExp, stays: string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, '$1 '],
  // User information in a URL.
  [/(:\/\/)[^/\s@]+(?=@)/g, '$1'],
  // A parameter of a query, also where the whole URL is percent-encoded, or stands in JSON that Go wrote. `sig` is that
  // of Azure Storage, `code` that of Azure Functions.
  [
    /((?:[?&;]|%3F|%26|\\u0026)(?:sig|code|auth|jwt|pwd|[^=?&%\s]{0,100}(?:key|token|secret|signature|password|credential)[^=?&%\s]{0,100})(?:=|%3D))(?:(?!%26|\\u0026)[^&\s"'])+/gi,
    '$1',
  ],
  // A header, or a member of JSON.
  [
    /((?:(?:api|access|subscription|functions|account|private)[-_]?key|authorization|cookie|(?:client|shared)[-_]secret|(?:access|refresh|session|security)[-_]token)["']?\s{0,9}[:=]\s{0,9}["']?(?:(?:Bearer|Basic)\s)?)[^\s"',;&]+/gi,
    '$1',
  ],
  // Keys that are known by their form. Names of models look alike, but have no capital letters together with digits.
  [
    /\b()(?:(?:sk|rk|gsk|hf|ghp|gho|glpat|xai|xox[abp])[-_](?=[\w-]{0,40}[A-Z])(?=[\w-]{0,40}\d)[\w-]{16,}|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{35})/g,
    '$1',
  ],
  // A JSON web token.
  [/\b()eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]+)?/g, '$1'],
]

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
  return credentials.reduce(
    (clean, [pattern, stays]) => clean.replace(pattern, `${stays}${mask}`),
    hide(text, spellingsOf(secrets)),
  )
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
  const { name, message, code }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error(String(error))
  const clean = new Error(scrub(message, secrets))
  clean.name = name
  delete clean.stack
  return code === undefined ? clean : Object.assign(clean, { code })
}
