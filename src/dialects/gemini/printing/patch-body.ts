import { isRecord, type JsonRecord, sameJson } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import {
  type ChatMessage,
  type ChatRequest,
  editedFields,
  type Original,
} from '../../../provider/contract.ts'
import { elementsOf, listOf, membersOf, patchMembers } from '../../json-text.ts'
import { refuseEmpty } from '../../refuse-empty.ts'
import { camelMembers, camelName } from '../gemini-fields.ts'
import { parseContents } from '../request/contents.ts'
import { tellLeftOut, wireCalling } from './chat-body.ts'
import { type NumberedMessage, wireContents, wireSystem } from './contents-wire.ts'
import { type GeminiContext, type GeminiPrinting, geminiContext } from './gemini-printing.ts'
import { type GenerationField, generationFields, generationNames, wireGeneration } from './generation-wire.ts'

type Edits = Record<string, string | undefined>

/** The text of the original with all that the request says otherwise. Nothing that was not edited changes. */
export function patchGemini(
  request: ChatRequest,
  original: Original<ChatRequest>,
  printing: GeminiPrinting,
): string {
  const edited = new Set(editedFields(request, original.value))
  // The model is in the path.
  edited.delete('model')
  const context = { ...geminiContext(request, printing), ids: idsIn(original) }
  const edits: Edits = 'model' in original.body ? { model: undefined } : {}
  const generation = generationFields.filter((field) => edited.has(field))
  if (edited.has('messages')) Object.assign(edits, messageEdits(original, context))
  if (edited.has('tools')) edits.tools = textOf(wireCalling(request, context).tools)
  if (edited.has('toolChoice')) edits.toolConfig = configEdit(request, original, context)
  if (generation.length > 0) edits.generationConfig = generationEdit(request, original, generation, context)
  tellLeftOut(request, context)
  const patched = patchMembers(original.text, named(edits, original.text))
  return edited.has('options') ? withEntry(patched, request, printing) : patched
}

/** Each id of a call in the text. Texts that only look like one do no harm. */
function idsIn({ text }: Original<ChatRequest>): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/"id"\s*:\s*("(?:[^"\\]|\\.)*")/g)].map(([, id]) => JSON.parse(id ?? '""')),
  )
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : jsonBody(value)
}

/** The edits under the names that the text has for these members. A member may have both of Google's names. */
function named(edits: Edits, text: string): Edits {
  const all: Edits = {}
  for (const { name } of membersOf(text)) {
    const known = camelName(name)
    if (Object.hasOwn(edits, known)) all[name] = edits[known]
  }
  for (const [name, value] of Object.entries(edits)) {
    if (!Object.keys(all).some((given) => camelName(given) === name)) all[name] = value
  }
  return all
}

/** The text of a member that is an object. Of several of that name the last one counts. */
function objectAt(text: string, wanted: string): string {
  const member = membersOf(text).findLast(({ name }) => camelName(name) === wanted)
  const found = member === undefined ? '{}' : text.slice(member.value, member.to)
  return found.startsWith('{') ? found : '{}'
}

function generationEdit(
  request: ChatRequest,
  { text }: Original<ChatRequest>,
  fields: readonly GenerationField[],
  context: GeminiContext,
): string {
  const config = objectAt(text, 'generationConfig')
  const edits: Edits = {}
  for (const field of fields) for (const name of generationNames[field]) edits[name] = undefined
  // A format or a thought that has two fields is written from both.
  const both = generationFields.filter((field) => generationNames[field].some((name) => name in edits))
  for (const [name, value] of Object.entries(wireGeneration(request, both, context)))
    edits[name] = jsonBody(value)
  return patchMembers(config, named(edits, config))
}

function configEdit(
  request: ChatRequest,
  { text }: Original<ChatRequest>,
  context: GeminiContext,
): string | undefined {
  const config = objectAt(text, 'toolConfig')
  const { toolConfig } = wireCalling(request, context) as { toolConfig?: { functionCallingConfig: unknown } }
  const edits = { functionCallingConfig: textOf(toolConfig?.functionCallingConfig) }
  return patchMembers(config, named(edits, config))
}

function messageEdits(original: Original<ChatRequest>, context: GeminiContext): Edits {
  const { messages } = context.request
  const system = wireSystem(context)
  const before = original.value.messages.filter(({ role }) => role === 'system')
  const isSameSystem = sameJson(
    before,
    messages.filter(({ role }) => role === 'system' || role === 'developer'),
  )
  return {
    contents: patchedContents(original, context),
    ...(!isSameSystem && { systemInstruction: textOf(system) }),
  }
}

/** The list `contents`, in which contents keep their text whose messages all stand there as they were. */
function patchedContents({ text, body, value }: Original<ChatRequest>, context: GeminiContext): string {
  const { messages } = context.request
  const member = membersOf(text).findLast(({ name }) => name === 'contents')
  const isList = member !== undefined && text[member.value] === '['
  const spans = isList
    ? elementsOf(text, member.value)
    : member === undefined
      ? []
      : [{ from: member.value, to: member.to }]
  const groups = parseContents(camelMembers(body).contents).map((group) => group.length)
  const first = value.messages.length - groups.reduce((sum, length) => sum + length, 0)
  const kept = new KeptContents(value.messages, first, groups)
  const written: (string | (typeof spans)[number])[] = []
  let fresh: NumberedMessage[] = []
  const flush = (): void => {
    for (const content of wireContents(fresh, context)) written.push(jsonBody(content))
    fresh = []
  }
  for (let place = 0; place < messages.length; ) {
    const found = kept.at(messages, place)
    const span = found === undefined ? undefined : spans[found.content]
    if (found === undefined || span === undefined) {
      fresh.push([place, messages[place] as ChatMessage])
      place += 1
      continue
    }
    flush()
    written.push(span)
    place += found.length
  }
  flush()
  refuseEmpty(written, context.carriage)
  return listOf(text, written)
}

/** Finds contents of the original by their messages. */
class KeptContents {
  readonly #messages: readonly ChatMessage[]
  /** The content that begins with this message, and how many messages it says. */
  readonly #begins = new Map<number, { readonly content: number; readonly length: number }>()
  readonly #places = new Map<ChatMessage, number>()

  constructor(messages: readonly ChatMessage[], first: number, groups: readonly number[]) {
    this.#messages = messages
    let place = first
    for (const [content, length] of groups.entries()) {
      this.#begins.set(place, { content, length })
      place += length
    }
    for (const [at, message] of messages.entries()) this.#places.set(message, at)
  }

  at(
    given: readonly ChatMessage[],
    place: number,
  ): { readonly content: number; readonly length: number } | undefined {
    const message = given[place]
    if (message === undefined) return undefined
    const known = this.#places.get(message) ?? (sameJson(message, this.#messages[place]) ? place : -1)
    const begin = this.#begins.get(known)
    if (begin === undefined) return undefined
    for (let offset = 1; offset < begin.length; offset += 1) {
      if (!sameJson(given[place + offset], this.#messages[known + offset])) return undefined
    }
    return begin
  }
}

/** Members that the contract says are not written from options. */
function saidIn(request: ChatRequest): ReadonlySet<string> {
  const said = new Set(['contents', 'systemInstruction', 'model'])
  if (request.tools !== undefined) said.add('tools')
  if (request.toolChoice !== undefined) said.add('toolConfig')
  return said
}

/** Options of the request stand in the body, where the contract does not say something else. */
function withEntry(text: string, request: ChatRequest, { vendor }: GeminiPrinting): string {
  const edits: Edits = {}
  const said = saidIn(request)
  for (const [name, value] of Object.entries(camelMembers(request.options?.[vendor] ?? {}))) {
    if (said.has(name)) continue
    const isConfig = name === 'generationConfig' && isRecord(value)
    edits[name] = isConfig ? withConfig(objectAt(text, name), camelMembers(value), request) : jsonBody(value)
  }
  return patchMembers(text, named(edits, text))
}

function withConfig(config: string, more: JsonRecord, request: ChatRequest): string {
  const said = generationFields.filter((field) => request[field] !== undefined)
  const names = new Set<string>(said.flatMap((field) => generationNames[field]))
  const edits: Edits = {}
  for (const [name, value] of Object.entries(more)) if (!names.has(name)) edits[name] = jsonBody(value)
  return patchMembers(config, named(edits, config))
}
