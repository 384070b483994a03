import type { JsonRecord } from '../../../../json.ts'
import type { PlacedDelta } from '../../chat-delta.ts'
import { idOf, type Sealed, sealOf } from '../items/item-ids.ts'
import { blocksPerItem } from './item-reader.ts'
import { pieceBody, WrittenItem, type WrittenKind, type WrittenPiece } from './written-item.ts'

/** Writes an event. */
export type Emit = (type: string, members: JsonRecord) => void

/**
 * The output of a stream, item by item, as far as it was written. Pieces of other formats begin and end items as this
 * format wants it. Pieces that were passed on are only remembered.
 */
export class WrittenOutput {
  readonly #items: WrittenItem[] = []
  /** The item that a block is written to. */
  readonly #byBlock = new Map<number, WrittenItem>()
  readonly #idOf: (kind: WrittenKind, index: number) => string
  /** Whether blocks are numbered by the vendor of this format. */
  isNumbered = false

  /** `madeId` gives the id of an item that has none of its own. */
  constructor(madeId: (kind: WrittenKind, index: number) => string) {
    this.#idOf = madeId
  }

  get bodies(): readonly JsonRecord[] {
    return this.#items.map((item) => item.body('completed'))
  }

  at(index: number): WrittenItem | undefined {
    return this.#items.find((item) => item.index === index)
  }

  /** An item that the vendor began. */
  adopt(kind: WrittenKind, index: number, id: string): WrittenItem {
    const item = new WrittenItem(kind, index, id)
    this.#items.push(item)
    this.#byBlock.set(index, item)
    return item
  }

  /** Remembers a piece that was passed on. */
  remember(part: PlacedDelta): void {
    const item = this.#byBlock.get(this.#keyOf(part)) ?? this.#begin(part, undefined)
    if (part.type === 'text-delta' || part.type === 'refusal-delta')
      this.#pieceOf(item, part).text += part.text
    else this.#add(item, part)
  }

  /** Writes a piece. */
  write(part: PlacedDelta, emit: Emit): void {
    if (part.type === 'audio-delta') {
      if (part.transcript === undefined) return
      const { choice, block, transcript: text } = part
      this.write({ type: 'text-delta', text, choice, block }, emit)
      return
    }
    const held = this.#byBlock.get(this.#keyOf(part))
    const fits = held?.isOpen === true && goesInto(held, part) && !isLateSign(part)
    if (held !== undefined && !fits) closeItem(held, emit)
    const item = fits && held !== undefined ? held : this.#begin(part, emit)
    if (part.type === 'text-delta' || part.type === 'refusal-delta') this.#writeText(item, part, emit)
    else this.#writeMore(item, part, emit)
  }

  /** Ends all items. */
  close(emit: Emit): void {
    for (const item of this.#items) closeItem(item, emit)
  }

  #keyOf({ block }: PlacedDelta): number {
    return this.isNumbered ? Math.floor(block / blocksPerItem) : block
  }

  #begin(part: PlacedDelta, emit: Emit | undefined): WrittenItem {
    const kind = kindOf(part)
    const key = this.#keyOf(part)
    const isFree = this.isNumbered && this.at(key) === undefined
    const index = isFree ? key : Math.max(-1, ...this.#items.map((item) => item.index)) + 1
    const item = new WrittenItem(kind, index, ownId(part) ?? this.#idOf(kind, index))
    this.#items.push(item)
    this.#byBlock.set(key, item)
    if (part.type === 'tool-call-delta') {
      item.callId = part.id ?? ''
      item.name = part.name ?? ''
    }
    if (part.type === 'opaque-delta') item.data = part.data as JsonRecord
    if (emit === undefined) return item
    // What other blocks say is over, except for calls, whose pieces may take turns.
    for (const other of this.#items) if (other !== item && other.callId === '') closeItem(other, emit)
    emit('response.output_item.added', { output_index: index, item: item.body('in_progress') })
    return item
  }

  #pieceOf(item: WrittenItem, { type, block }: PlacedDelta): WrittenPiece {
    const place = this.isNumbered ? block % blocksPerItem : 0
    const kind = type === 'refusal-delta' ? 'refusal' : 'output_text'
    const held = item.pieces.get(place)
    if (held?.type === kind) return held
    const piece: WrittenPiece = { type: kind, text: '', isOpen: false }
    item.pieces.set(held === undefined ? place : place + item.pieces.size + 1, piece)
    return piece
  }

  #writeText(
    item: WrittenItem,
    part: PlacedDelta & { readonly type: 'text-delta' | 'refusal-delta' },
    emit: Emit,
  ): void {
    const piece = this.#pieceOf(item, part)
    const place = placeOf(item, piece)
    if (!piece.isOpen) {
      piece.isOpen = true
      emit('response.content_part.added', { ...place, part: pieceBody({ type: piece.type, text: '' }) })
    }
    if (part.text === '') return
    piece.text += part.text
    const more = piece.type === 'output_text' ? { logprobs: [] } : {}
    emit(`response.${piece.type}.delta`, { ...place, delta: part.text, ...more })
  }

  #writeMore(item: WrittenItem, part: PlacedDelta, emit: Emit): void {
    const place = { item_id: item.id, output_index: item.index }
    const { length } = item.text
    this.#add(item, part)
    const delta = item.text.slice(length)
    if (delta === '') return
    if (part.type === 'reasoning-delta') {
      if (item.summary === undefined) {
        item.summary = { index: 0, from: length }
        const text = { type: 'summary_text', text: '' }
        emit('response.reasoning_summary_part.added', { ...place, summary_index: 0, part: text })
      }
      const summary_index = item.summary.index
      emit('response.reasoning_summary_text.delta', { ...place, summary_index, delta })
    } else if (item.kind === 'custom_tool_call')
      emit('response.custom_tool_call_input.delta', { ...place, delta })
    else emit('response.function_call_arguments.delta', { ...place, delta })
  }

  #add(item: WrittenItem, part: PlacedDelta): void {
    if (part.type === 'tool-call-delta') item.text += part.arguments ?? ''
    if (part.type === 'opaque-delta') item.data = part.data as JsonRecord
    if (part.type !== 'reasoning-delta') return
    item.text += part.text
    item.seal = { ...item.seal, ...sealIn(part) }
  }
}

function sealIn({ signature, signedBy, encrypted }: Sealed): Sealed {
  return {
    ...(signature === undefined ? {} : { signature }),
    ...(signedBy === undefined ? {} : { signedBy }),
    ...(encrypted === undefined ? {} : { encrypted }),
  }
}

const kinds: Readonly<Record<PlacedDelta['type'], WrittenKind>> = {
  'text-delta': 'message',
  'refusal-delta': 'message',
  'audio-delta': 'message',
  'reasoning-delta': 'reasoning',
  'tool-call-delta': 'function_call',
  'opaque-delta': 'opaque',
}

function kindOf(part: PlacedDelta): WrittenKind {
  return part.type === 'tool-call-delta' && part.custom === true ? 'custom_tool_call' : kinds[part.type]
}

/** Only the first piece of a call tells what kind of call it is. */
function goesInto({ kind }: WrittenItem, part: PlacedDelta): boolean {
  const isMore = part.type === 'tool-call-delta' && part.name === undefined
  return kind === kindOf(part) || (isMore && kind === 'custom_tool_call')
}

/** The id that says who signed the item, where its first piece tells it. */
function ownId(part: PlacedDelta): string | undefined {
  if (part.type === 'reasoning-delta') return sealOf(part).id
  return part.type === 'text-delta' || part.type === 'tool-call-delta' ? idOf(part) : undefined
}

/** A signature that comes after its text gets a message of its own, because the id of an item cannot change. */
function isLateSign(part: PlacedDelta): boolean {
  return part.type === 'text-delta' && part.signature !== undefined
}

function placeOf(item: WrittenItem, piece: WrittenPiece): JsonRecord {
  const content_index = [...item.pieces.values()].indexOf(piece)
  return { item_id: item.id, output_index: item.index, content_index }
}

function closeItem(item: WrittenItem, emit: Emit): void {
  if (!item.isOpen) return
  item.isOpen = false
  const { id, index, text, kind, summary } = item
  const place = { item_id: id, output_index: index }
  for (const piece of item.pieces.values()) {
    if (!piece.isOpen) continue
    piece.isOpen = false
    const at = placeOf(item, piece)
    const said = piece.type === 'refusal' ? { refusal: piece.text } : { text: piece.text, logprobs: [] }
    emit(`response.${piece.type}.done`, { ...at, ...said })
    emit('response.content_part.done', { ...at, part: pieceBody(piece) })
  }
  if (summary !== undefined) {
    const at = { ...place, summary_index: summary.index }
    const said = text.slice(summary.from)
    emit('response.reasoning_summary_text.done', { ...at, text: said })
    emit('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text: said } })
  }
  if (kind === 'function_call') {
    emit('response.function_call_arguments.done', { ...place, name: item.name, arguments: text })
  }
  if (kind === 'custom_tool_call') emit('response.custom_tool_call_input.done', { ...place, input: text })
  emit('response.output_item.done', { output_index: index, item: item.body('completed') })
}
