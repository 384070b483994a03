import { mask } from '../spellings.ts'

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
 * Removes what shows by its form that it is a credential: the word after `Bearer` or `Basic`, user information in a URL,
 * values whose name says that they are secret, and keys of well-known forms. `scrub` also removes secrets that are known.
 */
export function hideCredentials(text: string): string {
  return credentials.reduce((clean, [pattern, stays]) => clean.replace(pattern, `${stays}${mask}`), text)
}

/** A copy of a thrown error with only its name, its code and its message, cleaned by `clean`. */
export function cleanCause(error: unknown, clean: (message: string) => string): Error {
  const { name, message, code }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error(String(error))
  const copy = new Error(clean(message))
  copy.name = name
  delete copy.stack
  return code === undefined ? copy : Object.assign(copy, { code })
}
