import { isRecord, type JsonRecord } from '../../json.ts'
import { type Chat, originalOf, withNative } from '../../provider/contract.ts'
import { membersOf, patchMembers } from '../json-text.ts'
import { limitPerChoice } from '../limit-per-choice.ts'
import { camelMembers, camelName } from './gemini-fields.ts'
import { geminiDialect } from './gemini-names.ts'

/** As `capTokens` of a codec. Thoughts count within `maxOutputTokens`, so a budget for them needs no cap of its own. */
export function capGeminiTokens<Request extends Chat>(
  request: Request,
  cap: number,
  vendor: string,
): Request {
  const original = originalOf(request, geminiDialect)
  const said = original === undefined ? [] : configsIn(original.text)
  const entry: JsonRecord = request.options?.[vendor] ?? {}
  const inOptions = Object.keys(entry).filter((name) => camelName(name) === 'generationConfig')
  const counts = [...said.map(({ config }) => config), ...inOptions.map((name) => recordOf(entry[name]))]
  const limit = limitPerChoice(cap, mostChoices(request, counts), request.maxOutputTokens)
  const lowered = Object.fromEntries(
    inOptions.map((name) => [name, loweredRecord(recordOf(entry[name]), limit)]),
  )
  const capped = {
    ...request,
    maxOutputTokens: limit,
    ...(inOptions.length > 0 && { options: { ...request.options, [vendor]: { ...entry, ...lowered } } }),
  }
  if (original === undefined) return capped
  const { maxOutputTokens: asked, ...rest } = original.value
  const text = loweredText(original.text, said, limit)
  // A limit that stands nowhere in the text still has to be written.
  const stands =
    asked !== undefined && said.some(({ config }) => typeof camelMembers(config).maxOutputTokens === 'number')
  const value = stands ? { ...rest, maxOutputTokens: Math.min(asked, limit) } : rest
  return { ...capped, native: withNative(value, geminiDialect, text).native }
}

interface Config {
  readonly from: number
  readonly to: number
  readonly config: JsonRecord
}

/** Every `generationConfig` of a text, by each of its names, because readers differ in which of two they take. */
function configsIn(text: string): readonly Config[] {
  return membersOf(text)
    .filter(({ name }) => camelName(name) === 'generationConfig')
    .map(({ value, to }) => ({ from: value, to, config: recordOf(JSON.parse(text.slice(value, to))) }))
}

function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {}
}

function mostChoices({ choices = 1 }: Chat, configs: readonly JsonRecord[]): number {
  const counts = configs.map((config) => Number(camelMembers(config).candidateCount ?? 1))
  return Math.max(choices, ...counts.filter((count) => !Number.isNaN(count)))
}

function isHigher(name: string, value: unknown, limit: number): boolean {
  if (camelName(name) !== 'maxOutputTokens' || value === null || value === undefined) return false
  // Zero is the service's own limit.
  return typeof value !== 'number' || !(value > 0 && value <= limit)
}

function loweredRecord(config: JsonRecord, limit: number): JsonRecord {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, isHigher(name, value, limit) ? limit : value]),
  )
}

function loweredText(text: string, configs: readonly Config[], limit: number): string {
  let lowered = ''
  let done = 0
  for (const { from, to } of configs) {
    const inside = text.slice(from, to)
    lowered += text.slice(done, from) + (inside.startsWith('{') ? loweredConfig(inside, limit) : inside)
    done = to
  }
  return lowered + text.slice(done)
}

function loweredConfig(text: string, limit: number): string {
  const edits: Record<string, string> = {}
  for (const { name, value, to } of membersOf(text)) {
    if (isHigher(name, JSON.parse(text.slice(value, to)), limit)) edits[name] = String(limit)
  }
  return patchMembers(text, edits)
}
