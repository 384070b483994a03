import { isRecord, sameJson } from '../../../json.ts'
import { jsonBody } from '../../../provider/contract/json-body.ts'
import type { ChatMessage, ChatRequest, Original } from '../../../provider/contract.ts'
import type { ChatPrinting } from '../../chat-codec.ts'
import { JsonFields } from '../../json-fields.ts'
import { elementsOf, listOf, membersOf, type TextSpan } from '../../json-text.ts'
import { refuseEmpty } from '../../refuse-empty.ts'
import { assistantItem } from './items/assistant-wire.ts'
import type { ItemWriting } from './items/content-wire.ts'
import { groupItems, type ItemGroup } from './items/input-items.ts'
import { customCallsIn, messageItems } from './items/item-wire.ts'
import { carriageOf, hasConversation, instructionsOf } from './response-body.ts'

/** What is written for edited messages. Items that were not edited keep their text, wherever their message stands. */
export function messageEdits(
  { messages }: ChatRequest,
  { text, body, value }: Original<ChatRequest>,
  printing: ChatPrinting,
): Record<string, string | undefined> {
  const groups = groupItems(new JsonFields(body, ''))
  const member = membersOf(text).findLast(({ name }) => name === 'input')
  const spans = member === undefined || !Array.isArray(body.input) ? [] : elementsOf(text, member.value)
  const places = new Map(value.messages.map((message, index) => [message, index]))
  const unedited = (message: ChatMessage, index: number): ItemGroup | undefined => {
    const same = sameJson(message, value.messages[index]) ? index : undefined
    const group = groups[places.get(message) ?? same ?? -1]
    return group === undefined || group.items.length === 0 ? undefined : group
  }
  const [first] = messages
  const isItem = first !== undefined && unedited(first, 0) !== undefined
  const instructions = isItem ? undefined : instructionsOf(messages)
  const writing: ItemWriting = {
    vendor: printing.vendor,
    carriage: carriageOf(printing),
    customCalls: customCallsIn(messages),
  }
  const items = messages.flatMap((message, index): readonly (TextSpan | string)[] => {
    if (index === 0 && instructions !== undefined) return []
    const group = unedited(message, index)
    if (group !== undefined) return group.items.flatMap((item) => spans[item.index] ?? [])
    const path = `messages[${index}]`
    const before = groups[index]
    return message.role === 'assistant' && before?.message.role === 'assistant'
      ? assistantTexts(message, before, { path, spans, writing })
      : messageItems(message, path, writing).map((item) => jsonBody(item))
  })
  if (instructions === undefined && !hasConversation(body)) refuseEmpty(items, writing.carriage)
  const given = typeof body.instructions === 'string' ? body.instructions : undefined
  return {
    ...(given === instructions
      ? {}
      : { instructions: instructions === undefined ? undefined : jsonBody(instructions) }),
    input: listOf(text, items),
  }
}

interface AssistantPlace {
  readonly path: string
  readonly spans: readonly TextSpan[]
  readonly writing: ItemWriting
}

/** Of an edited message of the assistant, the items whose parts stayed keep their text, and with it their ids. */
function assistantTexts(
  { content }: ChatMessage,
  { message, items }: ItemGroup,
  { path, spans, writing }: AssistantPlace,
): readonly (TextSpan | string)[] {
  let first = 0
  const kept = items.map(({ index, parts }) => {
    const said = message.content.slice(first, first + parts)
    first += parts
    return { span: spans[index], said }
  })
  const texts: (TextSpan | string)[] = []
  for (let at = 0; at < content.length; ) {
    const item = kept.find(
      ({ said }) => said.length > 0 && sameJson(content.slice(at, at + said.length), said),
    )
    if (item?.span !== undefined) {
      kept.splice(kept.indexOf(item), 1)
      texts.push(item.span)
      at += item.said.length
      continue
    }
    const part = content[at]
    const written = part === undefined ? undefined : assistantItem(part, `${path}.content[${at}]`, writing)
    if (isRecord(written)) texts.push(jsonBody(written))
    at += 1
  }
  return texts
}
