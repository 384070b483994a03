import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatMessage, ChatPart } from '../../../provider/contract.ts'
import { geminiFields, googleOptions } from '../gemini-fields.ts'
import { parsePart, partsOf } from './content-part.ts'

const partFields: ReadonlySet<string> = new Set(['functionResponse'])
const inside: ReadonlySet<string> = new Set(['id', 'name', 'response', 'parts'])

/**
 * Reads a part that answers a function. `idOf` gives the id of the call by the id that stands there, and by the name.
 * Throws `bad-request`.
 */
export function parseToolResult(
  part: JsonRecord,
  path: string,
  idOf: (id: string | undefined, name: string) => string,
): ChatMessage {
  const fields = geminiFields(part.functionResponse, `${path}.functionResponse`)
  const name = fields.string('name', "the function's name")
  const response = fields.value('response') ?? {}
  if (!isRecord(response)) throw fields.wrong('response', 'an object')
  const { texts, failed } = saidIn(response)
  const media = partsOf(fields.value('parts'), fields.at('parts')).map((each, place) =>
    parsePart(each, `${fields.at('parts')}[${place}]`, () => name),
  )
  const content: readonly ChatPart[] = [...texts.map((text) => ({ type: 'text' as const, text })), ...media]
  return {
    role: 'tool',
    content,
    name,
    toolCallId: idOf(fields.optionalString('id'), name),
    ...(failed && { toolFailed: true as const }),
    ...googleOptions(part, partFields, ['functionResponse', fields.record, inside]),
  }
}

interface Said {
  readonly texts: readonly string[]
  readonly failed: boolean
}

/**
 * Google's convention: `output` has what the function gave, and `error` what went wrong. Without them the whole object is
 * what it gave.
 */
function saidIn(response: JsonRecord): Said {
  const [name, ...others] = Object.keys(response)
  if (name === undefined) return { texts: [], failed: false }
  const isConvention = others.length === 0 && (name === 'output' || name === 'error')
  const texts = isConvention ? textsOf(response[name]) : undefined
  return texts === undefined
    ? { texts: [JSON.stringify(response)], failed: false }
    : { texts, failed: name === 'error' }
}

/** Several texts are a list. A list of one would be something else. */
function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  const isTexts =
    Array.isArray(value) && value.length !== 1 && value.every((each) => typeof each === 'string')
  return isTexts ? value : undefined
}

/** The `response` that says these texts, so that it is read as the same texts again. */
export function responseOf(texts: readonly string[], failed: boolean): JsonRecord {
  if (failed) return { error: texts.length === 1 ? texts[0] : texts }
  const [only, ...others] = texts
  if (only === undefined) return {}
  if (others.length > 0) return { output: texts }
  return wholeObject(only) ?? { output: only }
}

/** The object that a text is, if it would be read as the same text again. */
function wholeObject(text: string): JsonRecord | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value) || JSON.stringify(value) !== text) return undefined
    const [said] = saidIn(value).texts
    return said === text ? value : undefined
  } catch {
    return undefined
  }
}
