/** What stands in the place of a secret. */
export const mask = '[secret]'

/** One way in which a vendor or a log writes a secret. */
export type Spelling = string | RegExp

/** A `Secret`, or the text of one. */
export type KnownSecret = string | { reveal(): string }

/** The ways in which secrets are written: as they are, in base64, percent-encoded and with JSON's escapes. */
export function spellingsOf(secrets: Iterable<KnownSecret>): readonly Spelling[] {
  const spelled = [...secrets]
    .map((secret) => (typeof secret === 'string' ? secret : secret.reveal()))
    .filter((value) => value !== '')
    .flatMap((value) => {
      const encoded = encodeURIComponent(value.toWellFormed())
      const base64 = Buffer.from(value).toString('base64')
      return [
        value,
        encoded,
        // As a form writes it, and in a URL that is a parameter of another.
        encoded.replaceAll('%20', '+'),
        encodeURIComponent(encoded),
        JSON.stringify(value).slice(1, -1),
        base64,
        base64.replace(/=+$/, ''),
        Buffer.from(value).toString('base64url'),
      ]
    })
  return [...new Set(spelled)].sort((one, other) => other.length - one.length).map(anyEscapes)
}

const percentEscape = /%[0-9A-F]{2}/

/** Finds escapes with large and with small letters, because writers differ: `%2F`, `%2f`. */
function anyEscapes(spelling: string): Spelling {
  if (!percentEscape.test(spelling)) return spelling
  const parts = spelling.split(/(%(?:25)?[0-9A-F]{2})/)
  const pattern = parts.map((part, place) =>
    place % 2 === 1
      ? part.replace(/[A-F]/g, (letter) => `[${letter}${letter.toLowerCase()}]`)
      : escaped(part),
  )
  return new RegExp(pattern.join(''), 'g')
}

/** The text as a part of a regular expression. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

/** Whether the text has this spelling. One that is a pattern has an escape, so a text without `%` needs no search. */
export function isIn(text: string, spelling: Spelling): boolean {
  return typeof spelling === 'string'
    ? text.includes(spelling)
    : text.includes('%') && text.search(spelling) >= 0
}

/** The text with `[secret]` in the place of each spelling. */
export function hide(text: string, spellings: readonly Spelling[]): string {
  return spellings.reduce<string>((clean, spelling) => clean.replaceAll(spelling, mask), text)
}
