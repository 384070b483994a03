import type { JsonRecord } from '../../json.ts'
import { type Chat, originalOf, withNative } from '../../provider/contract.ts'
import { membersOf, patchMembers } from '../json-text.ts'
import { limitPerChoice } from '../limit-per-choice.ts'
import { budgetOf } from './request/thinking.ts'
import { anthropicDialect } from './vendor.ts'

/** What servers of this format read as a limit. Those that also take OpenAI's format read its names, too. */
const limitNames: ReadonlySet<string> = new Set([
  'max_tokens',
  'max_tokens_to_sample',
  'max_completion_tokens',
  'max_output_tokens',
  'n_predict',
])

/** What such servers read as a number of answers, in OpenAI's format. */
const countNames: ReadonlySet<string> = new Set(['n', 'best_of'])

type Entries = readonly (readonly [name: string, value: unknown])[]

/** As `capTokens` of a codec. A budget to think with is part of the limit, and is lowered with it. */
export function capAnthropicTokens<Request extends Chat>(
  request: Request,
  cap: number,
  vendor: string,
): Request {
  const entry: JsonRecord = request.options?.[vendor] ?? {}
  const options = Object.entries(entry)
  const original = originalOf(request, anthropicDialect)
  const said = original === undefined ? [] : entriesOf(original.text)
  const choices = Math.max(request.choices ?? 1, ...answersIn(options), ...answersIn(said))
  const limit = limitPerChoice(cap, choices, request.maxOutputTokens)
  const { reasoningTokens } = request
  const isTooMuch = reasoningTokens !== undefined && reasoningTokens >= limit
  const capped = {
    ...request,
    maxOutputTokens: limit,
    ...(isTooMuch && { reasoningTokens: budgetOf(request, limit) ?? 0 }),
    ...(options.length > 0 && {
      options: { ...request.options, [vendor]: { ...entry, ...lowered(options, limit) } },
    }),
  }
  if (original === undefined) return capped
  const edits = Object.fromEntries(
    Object.keys(lowered(said, limit)).map((name) => [name, JSON.stringify(limit)]),
  )
  const { maxOutputTokens: asked, ...rest } = original.value
  const value = asked === undefined ? rest : { ...rest, maxOutputTokens: Math.min(asked, limit) }
  return { ...capped, native: withNative(value, anthropicDialect, patchMembers(original.text, edits)).native }
}

/** Read from the text, because of two members with one name servers differ in which they take. */
function entriesOf(text: string): Entries {
  return membersOf(text)
    .filter(({ name }) => limitNames.has(name) || countNames.has(name))
    .map(({ name, value, to }) => [name, JSON.parse(text.slice(value, to))])
}

/** How many answers each of them asks for. A count that is no number makes the server refuse. */
function answersIn(entries: Entries): readonly number[] {
  return entries.flatMap(([name, value]) =>
    countNames.has(name) && typeof value === 'number' ? [value] : [],
  )
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
