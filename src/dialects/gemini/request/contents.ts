import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatMessage, ChatPart } from '../../../provider/contract.ts'
import { badField } from '../../json-fields.ts'
import { camelMembers, geminiFields, googleOptions } from '../gemini-fields.ts'
import { parsePart, partsOf } from './content-part.ts'
import { parseToolResult } from './tool-result.ts'

const contentFields: ReadonlySet<string> = new Set(['role', 'parts'])

/** The messages of each content. A content with answers of functions says several. */
export type MessagesByContent = readonly (readonly ChatMessage[])[]

/** Reads `contents`. Throws `bad-request` when the list is missing or empty. */
export function parseContents(value: unknown): MessagesByContent {
  const list = isRecord(value) ? [value] : value
  if (!Array.isArray(list) || list.length === 0) {
    throw badField('contents', value, 'a list of at least one content')
  }
  const calls = new OpenCalls()
  return list.map((content, place) => parseContent(content, place, calls))
}

/** Reads `systemInstruction`. */
export function parseSystem(value: unknown): readonly ChatMessage[] {
  if (value === undefined || value === null) return []
  const fields = geminiFields(value, 'systemInstruction')
  const content = partsOf(fields.value('parts'), fields.at('parts')).map((part, place) =>
    parsePart(part, `${fields.at('parts')}[${place}]`, (name) => name),
  )
  return content.length === 0
    ? []
    : [{ role: 'system', content, ...googleOptions(fields.record, contentFields) }]
}

/** Calls without an answer yet. Google's older formats have no ids, and answers come in the order of the calls. */
class OpenCalls {
  readonly #open: { readonly id: string; readonly name: string }[] = []

  add(id: string, name: string): void {
    this.#open.push({ id, name })
  }

  /** The id of the call that is answered. */
  answered(id: string | undefined, name: string, other: string): string {
    const place = this.#open.findIndex((call) => (id === undefined ? call.name === name : call.id === id))
    const [call] = place === -1 ? [] : this.#open.splice(place, 1)
    return id ?? call?.id ?? other
  }
}

const roles: ReadonlyMap<unknown, 'user' | 'assistant'> = new Map([
  [undefined, 'user'],
  ['user', 'user'],
  ['function', 'user'],
  ['model', 'assistant'],
] as const)

function parseContent(value: unknown, place: number, calls: OpenCalls): readonly ChatMessage[] {
  const fields = geminiFields(value, `contents[${place}]`)
  const role = roles.get(fields.value('role'))
  if (role === undefined) throw fields.wrong('role', 'user or model')
  const options = googleOptions(fields.record, contentFields)
  const messages: ChatMessage[] = []
  let content: ChatPart[] = []
  const flush = (): void => {
    messages.push({ role, content, ...options })
    content = []
  }
  const parts = partsOf(fields.value('parts'), fields.at('parts'))
  for (const [at, part] of parts.entries()) {
    const made = `call_${place}_${at}`
    const answer = functionResponse(part)
    if (answer !== undefined) {
      if (content.length > 0) flush()
      const idOf = (id: string | undefined, name: string): string => calls.answered(id, name, made)
      messages.push({ ...parseToolResult(answer, `${fields.at('parts')}[${at}]`, idOf), ...options })
      continue
    }
    const read = parsePart(part, `${fields.at('parts')}[${at}]`, () => made)
    if (read.type === 'tool-call') calls.add(read.id, read.name)
    content.push(read)
  }
  if (content.length > 0 || messages.length === 0) flush()
  return messages
}

function functionResponse(part: unknown): JsonRecord | undefined {
  const members = isRecord(part) ? camelMembers(part) : {}
  return isRecord(members.functionResponse) ? members : undefined
}
