/** What every upstream of the benchmark answers, in the pieces in which it streams them. */
export const pieces: readonly string[] = Array.from({ length: 20 }, (_, place) => `word${place + 1} `)

const wholeText = pieces.join('')

/**
 * What became of a request, as its caller saw it:
 *
 * - `whole`: all of the text, once
 * - `broken`: a part of the text, and an error
 * - `lost`: no text, and an error
 * - `gave up`: nothing more came until the caller left
 * - `twice`: the text, or its beginning, twice
 * - `feigned`: a part of the text, and an end as if it were all
 */
export type End = (typeof ends)[number]

export const ends = ['whole', 'broken', 'lost', 'gave up', 'twice', 'feigned'] as const

export interface Seen {
  readonly text: string
  /** Whether an error was thrown, or came in the stream. */
  readonly failed: boolean
  /** Whether the caller left. */
  readonly left: boolean
}

export function endOf({ text, failed, left }: Seen): End {
  if (text.split(pieces[0] ?? '').length > 2) return 'twice'
  if (left) return 'gave up'
  if (failed) return text === '' ? 'lost' : 'broken'
  return text === wholeText ? 'whole' : 'feigned'
}
