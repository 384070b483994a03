import { isRecord, type JsonRecord } from '../../../../json.ts'
import type { ChatDelta, ChatEventPart, ChatPart } from '../../../../provider/contract.ts'
import { betweenThoughts, outputParts } from '../items/output-item.ts'
import { openaiResponsesDialect } from '../own-words.ts'

/** How many blocks an item of the output may have. A message has one for each part of its content. */
export const blocksPerItem = 1000

const none: readonly ChatEventPart[] = []

/** The kinds of pieces, and where their text stands. What is not here says nothing that chats know. */
const deltas: Readonly<Record<string, ChatDelta['type']>> = {
  'response.output_text.delta': 'text-delta',
  'response.refusal.delta': 'refusal-delta',
  'response.reasoning_summary_text.delta': 'reasoning-delta',
  'response.reasoning_text.delta': 'reasoning-delta',
  'response.function_call_arguments.delta': 'tool-call-delta',
  'response.custom_tool_call_input.delta': 'tool-call-delta',
}

/** Reads the events of items: their pieces, and their ends. */
export class ItemReader {
  /** The blocks of which a piece came. */
  readonly #said = new Set<number>()
  /** The items that said all that they say. */
  readonly #done = new Set<number>()
  /** The items whose beginning told a call. */
  readonly #calls = new Set<number>()
  hasCalls = false
  /** The numbers of items, by their ids, for a server that does not number them. */
  readonly #numbers = new Map<string, number>()

  /** `type` is the event's. */
  read(type: string, event: JsonRecord): readonly ChatEventPart[] {
    const output = this.#numberOf(event)
    const kind = deltas[type]
    if (kind !== undefined) return this.#delta(kind, output, event)
    if (type === 'response.output_item.added')
      return isRecord(event.item) ? this.#added(event.item, output) : none
    if (type === 'response.output_item.done')
      return isRecord(event.item) ? this.#ended(event.item, output) : none
    if (type === 'response.reasoning_summary_part.added' && Number(event.summary_index) > 0) {
      return [{ type: 'reasoning-delta', text: betweenThoughts, choice: 0, block: output * blocksPerItem }]
    }
    return none
  }

  #numberOf({ output_index: number, item_id: id, item }: JsonRecord): number {
    if (typeof number === 'number') return number
    const named = String(id ?? (isRecord(item) ? item.id : ''))
    const known = this.#numbers.get(named) ?? this.#numbers.size
    this.#numbers.set(named, known)
    return known
  }

  #delta(
    type: ChatDelta['type'],
    output: number,
    { delta, content_index: place }: JsonRecord,
  ): readonly ChatEventPart[] {
    if (typeof delta !== 'string' || delta === '') return none
    const isMessage = type === 'text-delta' || type === 'refusal-delta'
    const block = output * blocksPerItem + (isMessage && typeof place === 'number' ? place : 0)
    this.#said.add(block)
    if (type === 'tool-call-delta') return [{ type, arguments: delta, choice: 0, block }]
    return [{ type: type as 'text-delta', text: delta, choice: 0, block }]
  }

  #added(item: JsonRecord, output: number): readonly ChatEventPart[] {
    if (item.type !== 'function_call' && item.type !== 'custom_tool_call') return none
    this.#calls.add(output)
    this.hasCalls = true
    const [part] = outputParts(item)
    const block = output * blocksPerItem
    if (part?.type !== 'tool-call') return none
    if (part.arguments !== '') this.#said.add(block)
    const { type: _, options: __, ...call } = part
    return [{ ...call, type: 'tool-call-delta', choice: 0, block }]
  }

  /** What the end of an item says that its pieces did not: seals, items of other kinds, and texts that came whole. */
  #ended(item: JsonRecord, output: number): readonly ChatEventPart[] {
    if (this.#done.has(output)) return none
    this.#done.add(output)
    return outputParts(item).flatMap((part, index) => this.#rest(part, output, index))
  }

  #rest(part: ChatPart, output: number, index: number): readonly ChatEventPart[] {
    const block = output * blocksPerItem + index
    const place = { choice: 0, block }
    const isNew = !this.#said.has(block)
    switch (part.type) {
      case 'text': {
        const { signature, signedBy } = part
        const signed = { ...(signature && { signature }), ...(signedBy && { signedBy }) }
        const text = isNew ? part.text : ''
        return isNew || signature !== undefined ? [{ type: 'text-delta', text, ...signed, ...place }] : none
      }
      case 'refusal':
        return isNew ? [{ type: 'refusal-delta', text: part.text, ...place }] : none
      case 'reasoning': {
        const text = isNew ? part.text : ''
        const { type: _, ...thought } = part
        const isSealed = thought.signature !== undefined || thought.encrypted !== undefined
        return text === '' && !isSealed ? none : [{ ...thought, type: 'reasoning-delta', text, ...place }]
      }
      case 'tool-call': {
        const { type: _, options: __, arguments: text, ...call } = part
        this.hasCalls = true
        const named = this.#calls.has(output) ? {} : call
        const said = isNew ? { arguments: text } : {}
        const isNews = !this.#calls.has(output) || (isNew && text !== '')
        return isNews ? [{ type: 'tool-call-delta', ...named, ...said, ...place }] : none
      }
      case 'opaque':
        return [
          {
            type: 'opaque-delta',
            vendor: openaiResponsesDialect,
            kind: part.kind,
            data: part.data,
            ...place,
          },
        ]
      default:
        return none
    }
  }

  /** What the last event of the stream says, for a server whose other events said nothing. */
  rest(output: unknown): readonly ChatEventPart[] {
    if (!Array.isArray(output) || this.#said.size > 0 || this.#done.size > 0) return none
    return output.flatMap((item: unknown, index) => (isRecord(item) ? this.#ended(item, index) : none))
  }
}
