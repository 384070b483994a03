import type { JsonRecord } from '../../json.ts'
import { type Chat, originalOf, withNative } from '../../provider/contract.ts'
import { membersOf, patchMembers } from '../json-text.ts'
import { limitPerChoice } from '../limit-per-choice.ts'

/** What servers of this format read as a limit of one choice. llama.cpp prefers `n_predict` to the others. */
const limitNames: ReadonlySet<string> = new Set([
  'max_completion_tokens',
  'max_tokens',
  'max_new_tokens',
  'max_output_tokens',
  'n_predict',
  'num_predict',
])

/** What a limit is written as. */
const writtenNames: ReadonlySet<string> = new Set(['max_completion_tokens', 'max_tokens'])

/** What servers of this format read as a number of answers. Those that are not shown cost as much. */
const countNames: ReadonlySet<string> = new Set([
  'n',
  'best_of',
  'num_return_sequences',
  'num_beams',
  'beam_width',
])

type Entries = readonly (readonly [name: string, value: unknown])[]

interface Capping {
  readonly dialect: string
  readonly vendor: string
  /** How many prompts are answered, each as often as the counts say. Default 1. */
  readonly prompts?: number
}

/** As `capTokens` of a codec, for every dialect of OpenAI. */
export function capOpenaiTokens<Request extends Chat>(
  request: Request,
  cap: number,
  { dialect, vendor, prompts = 1 }: Capping,
): Request {
  const original = originalOf(request, dialect)
  const said = original === undefined ? [] : entriesOf(original.text)
  const entry: JsonRecord = request.options?.[vendor] ?? {}
  const options = Object.entries(entry)
  const answers = Math.max(mostChoices(said), mostChoices(options))
  const choices = Math.max(request.choices ?? 1, prompts * answers)
  const limit = limitPerChoice(cap, choices, request.maxOutputTokens)
  const capped = {
    ...request,
    maxOutputTokens: limit,
    ...(options.length > 0 && {
      options: { ...request.options, [vendor]: { ...entry, ...lowered(options, limit) } },
    }),
  }
  if (original === undefined) return capped
  const edits: Record<string, string> = {}
  for (const name in lowered(said, limit)) edits[name] = JSON.stringify(limit)
  const { maxOutputTokens: asked, ...rest } = original.value
  // A limit that stands nowhere in the text still has to be written.
  const stands = said.some(([name, value]) => writtenNames.has(name) && value !== null)
  const value = asked === undefined || !stands ? rest : { ...rest, maxOutputTokens: Math.min(asked, limit) }
  return { ...capped, native: withNative(value, dialect, patchMembers(original.text, edits)).native }
}

/** The members that matter here. Read from the text, because servers differ in which of two they take. */
function entriesOf(text: string): Entries {
  return membersOf(text)
    .filter(({ name }) => limitNames.has(name) || countNames.has(name))
    .map(({ name, value, to }) => [name, JSON.parse(text.slice(value, to))])
}

function mostChoices(entries: Entries): number {
  const counts = entries.flatMap(([name, value]) => (countNames.has(name) ? [Number(value)] : []))
  // A count that is no number makes the server refuse, or it is the server's default.
  return Math.max(1, ...counts.filter((count) => !Number.isNaN(count)))
}

/** The limits that are higher, or that are no number. */
function lowered(entries: Entries, limit: number): Readonly<Record<string, number>> {
  const edits: Record<string, number> = {}
  for (const [name, asked] of entries) {
    if (!limitNames.has(name) || asked === undefined || asked === null) continue
    if (typeof asked !== 'number' || !(asked >= 0 && asked <= limit)) edits[name] = limit
  }
  return edits
}
