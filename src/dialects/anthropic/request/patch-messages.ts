import { sameJson } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import type { ChatMessage, ChatRequest, Original } from '../../../provider/contract.ts'
import { elementsOf, listOf, membersOf, type TextSpan } from '../../json-text.ts'
import { refuseEmpty } from '../../refuse-empty.ts'
import type { BlockContext } from '../blocks/block-context.ts'
import { readMessages } from './read-messages.ts'
import { headOf, type PlacedMessage, writeMessages, writeSystem } from './write-messages.ts'

/** What is written for edited messages. */
export interface MessageEdits {
  system?: string | undefined
  messages?: string | undefined
}

/** The messages of one entry of the original, and its text. */
interface Entry {
  readonly messages: readonly ChatMessage[]
  readonly span: TextSpan
}

/**
 * `system` and `messages`, in which entries that were not edited keep their text. An entry holds several messages when it
 * has results of tools, and is written anew when one of them was edited.
 */
export function patchMessages(
  { messages }: ChatRequest,
  original: Original<ChatRequest>,
  context: BlockContext,
): MessageEdits {
  const { value, text, body } = original
  const placed: readonly PlacedMessage[] = messages.map((message, index) => ({ message, index }))
  const ownSystem = body.system === undefined || body.system === null ? 0 : 1
  const entries = entriesOf(text, body.messages, value.messages.slice(ownSystem))
  const write = (rest: readonly PlacedMessage[]): string => {
    const said = listed(rest, entries, (edited, isEnd) => writeMessages(edited, context, isEnd))
    refuseEmpty(said, context.carriage)
    return listOf(text, said)
  }
  const head = headOf(messages)
  const isSameHead =
    head === headOf(value.messages) && sameJson(messages.slice(0, head), value.messages.slice(0, head))
  if (isSameHead) return { messages: write(placed.slice(ownSystem)) }
  const system = writeSystem(placed.slice(0, head), context)
  return {
    system: system === undefined ? undefined : jsonBody(system),
    messages: write(placed.slice(head)),
  }
}

/** The messages of each entry are those that were read from it, so that they can be told by identity. */
function entriesOf(text: string, list: unknown, messages: readonly ChatMessage[]): readonly Entry[] {
  const member = membersOf(text).findLast(({ name }) => name === 'messages')
  const spans = member === undefined ? [] : elementsOf(text, member.value)
  let from = 0
  return readMessages(list).map((read, index) => {
    const own = messages.slice(from, from + read.length)
    from += read.length
    return { messages: own, span: spans[index] ?? { from: 0, to: 0 } }
  })
}

function listed(
  placed: readonly PlacedMessage[],
  entries: readonly Entry[],
  write: (edited: readonly PlacedMessage[], isEnd: boolean) => readonly object[],
): readonly (TextSpan | string)[] {
  const byFirst = new Map(entries.map((entry, place) => [entry.messages[0], place]))
  const list: (TextSpan | string)[] = []
  let edited: PlacedMessage[] = []
  /** The entry after the last one that kept its text. */
  let next = 0
  const flush = (isEnd: boolean): void => {
    list.push(...write(edited, isEnd).map((entry) => jsonBody(entry)))
    edited = []
  }
  for (let at = 0; at < placed.length; ) {
    const each = placed[at] as PlacedMessage
    const known = byFirst.get(each.message)
    const place =
      known !== undefined && isSame(entries[known], placed, at)
        ? known
        : entries.findIndex((entry, index) => index >= next && isSame(entry, placed, at))
    const entry = entries[place]
    if (entry === undefined) {
      edited.push(each)
      at += 1
      continue
    }
    flush(false)
    list.push(entry.span)
    at += entry.messages.length
    next = place + 1
  }
  flush(true)
  return list
}

function isSame(entry: Entry | undefined, placed: readonly PlacedMessage[], at: number): boolean {
  if (entry === undefined || entry.messages.length === 0) return false
  return entry.messages.every((message, index) => sameJson(message, placed[at + index]?.message))
}
