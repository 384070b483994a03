import { sameJson } from '../../json.ts'
import { jsonBody } from '../../provider/contract/json-body.ts'
import { type ChatMessage, type ChatRequest, editedFields, type Original } from '../../provider/contract.ts'
import type { ChatPrinting } from '../chat-codec.ts'
import { JsonFields } from '../json-fields.ts'
import { elementsOf, membersOf, patchMembers } from '../json-text.ts'
import { converseContext, membersOfFields, requestOptions } from './converse-body.ts'
import { type MemberEdits, objectMembers } from './converse-members.ts'
import { readMessages } from './messages/read-messages.ts'
import { textAt } from './messages/text-at.ts'
import type { ConverseContext } from './messages/write-context.ts'
import { type Entry, entriesText, entryOf, headLength, systemText } from './messages/write-messages.ts'

type Edits = Record<string, string | undefined>

/** The text of the original with all that the request says otherwise. */
export function patchConverse(
  request: ChatRequest,
  original: Original<ChatRequest>,
  printing: ChatPrinting,
): string {
  const context = converseContext(request, printing)
  const edited = new Set(editedFields(request, original.value))
  const edits: Edits = edited.has('options') ? optionEdits(request, context) : {}
  const said = membersOfFields(request, edited, context)
  for (const name of objectMembers) {
    const { [name]: members = {} } = said
    if (Object.keys(members).length === 0) continue
    edits[name] = patchedObject(edits[name] ?? memberText(original.text, name), members)
  }
  if (edited.has('messages')) Object.assign(edits, messageEdits(request.messages, original, context))
  return patchMembers(original.text, edits)
}

function memberText(text: string, name: string): string | undefined {
  const member = membersOf(text).findLast((each) => each.name === name)
  return member === undefined ? undefined : text.slice(member.value, member.to)
}

/** Undefined for an object that says nothing. */
function patchedObject(given: string | undefined, edits: MemberEdits): string | undefined {
  const texts: Edits = {}
  for (const [name, value] of Object.entries(edits))
    texts[name] = value === undefined ? undefined : jsonBody(value)
  const patched = patchMembers(given?.startsWith('{') === true ? given : '{}', texts)
  return membersOf(patched).length === 0 ? undefined : patched
}

/** Options that the contract's own fields do not say. */
function optionEdits(request: ChatRequest, context: ConverseContext): Edits {
  const edits: Edits = {}
  for (const [name, value] of Object.entries(requestOptions(request, context))) {
    if (name !== 'messages' && name !== 'system') edits[name] = jsonBody(value)
  }
  return edits
}

/** `messages` and `system`, in which entries that were not edited keep their text. */
function messageEdits(
  messages: readonly ChatMessage[],
  { text, body, value }: Original<ChatRequest>,
  context: ConverseContext,
): Edits {
  const groups = groupsOf(value.messages, readMessages(new JsonFields(body, ''), text).origins)
  const head = headLength(messages)
  const system = groups.find(({ origin }) => origin === -1)?.messages ?? []
  const edits: Edits = {}
  const isSameSystem = sameJson(messages.slice(0, head), system)
  if (!isSameSystem) edits.system = systemText(messages.slice(0, head), context)
  const entries: Entry[] = []
  for (let place = head; place < messages.length; ) {
    const group = groups.find((each) => each.origin >= 0 && standsAt(each.messages, messages, place))
    const message = messages[place] as ChatMessage
    if (group === undefined) entries.push(entryOf(message, place, context))
    else {
      // A group is used once, because two equal entries have their own texts.
      groups.splice(groups.indexOf(group), 1)
      entries.push(keptEntry(text, group.origin, message))
    }
    place += group?.messages.length ?? 1
  }
  edits.messages = entriesText(entries, context)
  return edits
}

interface Group {
  readonly origin: number
  readonly messages: ChatMessage[]
}

/** The messages of each entry of the original. */
function groupsOf(messages: readonly ChatMessage[], origins: readonly number[]): Group[] {
  const groups: Group[] = []
  for (const [index, message] of messages.entries()) {
    const origin = origins[index] ?? -1
    const last = groups.at(-1)
    if (last?.origin === origin) last.messages.push(message)
    else groups.push({ origin, messages: [message] })
  }
  return groups
}

function standsAt(group: readonly ChatMessage[], messages: readonly ChatMessage[], place: number): boolean {
  return group.every((message, index) => sameJson(message, messages[place + index]))
}

function keptEntry(text: string, origin: number, { role }: ChatMessage): Entry {
  const entry = textAt(text, ['messages', origin])
  const content = textAt(entry, ['content'])
  const blocks = elementsOf(content, 0).map(({ from, to }) => content.slice(from, to))
  const wireRole = role === 'assistant' ? role : role === 'user' || role === 'tool' ? 'user' : 'system'
  return { role: wireRole, blocks, options: {}, text: entry }
}
