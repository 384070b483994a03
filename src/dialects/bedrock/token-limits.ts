import { isRecord, type JsonRecord } from '../../json.ts'
import { jsonBody } from '../../provider/contract/json-body.ts'
import { type Chat, originalOf, withNative } from '../../provider/contract.ts'
import { membersOf, patchMembers } from '../json-text.ts'
import { limitPerChoice } from '../limit-per-choice.ts'
import { converseDialect } from './converse-request.ts'
import { bedrockVendor } from './left-over.ts'

/** What families of models call their limit, in `additionalModelRequestFields`. */
const limitNames: ReadonlySet<string> = new Set([
  'maxTokens',
  'max_tokens',
  'max_tokens_to_sample',
  'max_completion_tokens',
  'max_new_tokens',
  'max_gen_len',
  'maxTokenCount',
  'max_output_tokens',
  'maxOutputTokens',
])

/** Anthropic's budget to think with, which must be less than the limit. */
const budgetName = 'budget_tokens'

/** What they call a number of answers. Those that Converse does not show cost as much. */
const countNames: ReadonlySet<string> = new Set([
  'n',
  'best_of',
  'num_generations',
  'numResults',
  'num_results',
])

/** Members of the body in which limits stand. */
const limited = ['inferenceConfig', 'additionalModelRequestFields'] as const

/** As `capTokens` of a codec. */
export function capConverseTokens<Request extends Chat>(
  request: Request,
  cap: number,
  vendor: string,
): Request {
  const original = originalOf(request, converseDialect)
  const texts = original === undefined ? [] : limitedTexts(original.text)
  const entries = [bedrockVendor, vendor].map((name) => request.options?.[name] ?? {})
  const objects = [
    ...texts.map(({ value }) => value),
    ...entries.flatMap((entry) => limited.map((name) => entry[name])),
  ]
  const choices = Math.max(request.choices ?? 1, ...objects.map(mostAnswers))
  const limit = limitPerChoice(cap, choices, request.maxOutputTokens)
  const { reasoningTokens } = request
  const capped = {
    ...request,
    maxOutputTokens: limit,
    ...(reasoningTokens !== undefined && {
      reasoningTokens: Math.min(reasoningTokens, Math.max(0, limit - 1)),
    }),
    ...loweredOptions(request, [bedrockVendor, vendor], limit),
  }
  if (original === undefined) return capped
  const edits: Record<string, string> = {}
  for (const { name, value } of texts) {
    const low = lowered(value, limit)
    if (low !== value) edits[name] = jsonBody(low)
  }
  const { maxOutputTokens: asked, ...rest } = original.value
  const value = asked === undefined ? rest : { ...rest, maxOutputTokens: Math.min(asked, limit) }
  return { ...capped, native: withNative(value, converseDialect, patchMembers(original.text, edits)).native }
}

/** Of two members with the same name the one that is lowered last stands at both places, and each is within the limit. */
function limitedTexts(text: string): readonly { readonly name: string; readonly value: unknown }[] {
  return membersOf(text)
    .filter(({ name }) => limited.some((each) => each === name))
    .map(({ name, value, to }) => ({ name, value: JSON.parse(text.slice(value, to)) as unknown }))
}

function loweredOptions({ options }: Chat, vendors: readonly string[], limit: number): Pick<Chat, 'options'> {
  if (options === undefined) return {}
  const capped: Record<string, JsonRecord> = { ...options }
  for (const vendor of vendors) {
    const entry = options[vendor]
    if (entry === undefined) continue
    const low: Record<string, unknown> = { ...entry }
    for (const name of limited) if (name in low) low[name] = lowered(low[name], limit)
    capped[vendor] = low
  }
  return { options: capped }
}

/** The same value where nothing in it is above the limit. */
function lowered(value: unknown, limit: number): unknown {
  if (Array.isArray(value)) {
    const list = value.map((each) => lowered(each, limit))
    return list.some((each, index) => each !== value[index]) ? list : value
  }
  if (!isRecord(value)) return value
  const low: Record<string, unknown> = {}
  let isLower = false
  for (const [name, member] of Object.entries(value)) {
    if (name === budgetName) low[name] = lowest(member, Math.max(1, limit - 1))
    else low[name] = limitNames.has(name) ? lowest(member, limit) : lowered(member, limit)
    isLower ||= low[name] !== member
  }
  return isLower ? low : value
}

/** What is no number is a limit, too: the vendor refuses it, or reads it in its own way. */
function lowest(asked: unknown, limit: number): unknown {
  if (asked === undefined || asked === null) return asked
  return typeof asked === 'number' && asked >= 0 && asked <= limit ? asked : limit
}

function mostAnswers(value: unknown): number {
  if (!isRecord(value)) return 1
  let most = 1
  for (const [name, member] of Object.entries(value)) {
    most = Math.max(most, countNames.has(name) && typeof member === 'number' ? member : mostAnswers(member))
  }
  return most
}
