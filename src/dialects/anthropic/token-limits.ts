import type { JsonRecord } from '../../json.ts'
import { type Chat, originalOf, withNative } from '../../provider/contract.ts'
import { membersOf, patchMembers } from '../json-text.ts'
import { limitPerChoice } from '../limit-per-choice.ts'
import { budgetOf } from './request/thinking.ts'
import { anthropicDialect, recordOf } from './vendor.ts'

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

/** As `capTokens` of a codec. A budget to think with is part of the limit, and is lowered with it, also in options. */
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
  const asked = request.maxOutputTokens ?? limitIn(entry)
  const limit = limitPerChoice(cap, choices, asked)
  const { reasoningTokens } = request
  const isTooMuch = reasoningTokens !== undefined && reasoningTokens >= limit
  const capped = {
    ...request,
    maxOutputTokens: limit,
    ...(isTooMuch && { reasoningTokens: budgetOf(request, limit) ?? 0 }),
    ...(options.length > 0 && {
      options: {
        ...request.options,
        [vendor]: { ...entry, ...lowered(options, limit), ...thinkingWithin(entry, limit) },
      },
    }),
  }
  if (original === undefined) return capped
  const edits = Object.fromEntries(
    Object.keys(lowered(said, limit)).map((name) => [name, JSON.stringify(limit)]),
  )
  const { maxOutputTokens: before, ...rest } = original.value
  const value = before === undefined ? rest : { ...rest, maxOutputTokens: Math.min(before, limit) }
  return { ...capped, native: withNative(value, anthropicDialect, patchMembers(original.text, edits)).native }
}

/** What options ask for, where the request does not. */
function limitIn({ max_tokens: limit }: JsonRecord): number | undefined {
  return typeof limit === 'number' && limit >= 1 ? limit : undefined
}

/** `thinking` with a budget that leaves room for an answer. */
function thinkingWithin({ thinking }: JsonRecord, limit: number): JsonRecord {
  const { type, budget_tokens: budget } = recordOf(thinking)
  if (type !== 'enabled' || (typeof budget === 'number' && budget < limit)) return {}
  const lower = budgetOf({ reasoningTokens: limit }, limit)
  return {
    thinking: lower === undefined ? { type: 'disabled' } : { ...recordOf(thinking), budget_tokens: lower },
  }
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
