import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatDelta, ChatPlace } from '../../../provider/contract.ts'
import { markSignature } from '../../foreign-signature.ts'
import { anthropicVendor } from '../vendor.ts'
import { frame } from './frame.ts'
import { direct, redactedData } from './write-answer.ts'

type PlacedDelta = ChatPlace & ChatDelta

interface Block {
  /** The number under which the caller knows it. */
  readonly index: number
  readonly kind: string
  /** The arguments of a call so far. */
  text: string
}

/**
 * Writes the blocks of a streamed answer. Clients put a block at the place of its number in a list, so numbers have no
 * gaps. One block follows another, unless the arguments of two calls come by turns.
 */
export class AnswerBlocks {
  readonly #answerId: string
  /** The blocks that are open, by their number in the contract. */
  readonly #open = new Map<number, Block>()
  #next = 0
  /** Whether a tool was called. */
  hasCalls = false

  constructor(answerId: string) {
    this.#answerId = answerId
  }

  /** The vendor opened a block itself. Gives its number for the caller. */
  opened(block: number, content: unknown): number {
    return this.#put(block, isRecord(content) ? String(content.type) : '').index
  }

  /** The vendor closed a block itself. Undefined when the caller does not know it, or it was closed. */
  closed(block: number): number | undefined {
    const index = this.indexOf(block)
    this.#open.delete(block)
    return index
  }

  indexOf(block: number): number | undefined {
    return this.#open.get(block)?.index
  }

  closeAll(): string {
    let text = ''
    for (const [number, block] of this.#open) text += this.#close(number, block)
    return text
  }

  write(part: PlacedDelta): string {
    switch (part.type) {
      case 'text-delta':
      case 'refusal-delta':
        return part.text === '' ? '' : this.#said(part, part.text)
      case 'audio-delta':
        return part.transcript === undefined ? '' : this.#said(part, part.transcript)
      case 'reasoning-delta':
        return this.#thought(part)
      case 'tool-call-delta':
        return this.#called(part)
      case 'opaque-delta':
        return part.vendor === anthropicVendor && isRecord(part.data) ? this.#opaque(part, part.data) : ''
    }
  }

  #said(part: PlacedDelta, text: string): string {
    return this.#delta(part, { type: 'text', text: '', citations: null }, { type: 'text_delta', text })
  }

  #thought(part: PlacedDelta & { readonly type: 'reasoning-delta' }): string {
    const { text, encrypted, signedBy } = part
    const thinking = { type: 'thinking', thinking: '', signature: '' }
    const signature = markSignature(part, anthropicVendor)
    let written = text === '' ? '' : this.#delta(part, thinking, { type: 'thinking_delta', thinking: text })
    if (signature !== undefined) {
      written += this.#delta(part, thinking, { type: 'signature_delta', signature })
    }
    if (encrypted === undefined) return written
    const data = redactedData(encrypted, signedBy)
    return written + this.#start(part.block, { type: 'redacted_thinking', data })
  }

  #called(part: PlacedDelta & { readonly type: 'tool-call-delta' }): string {
    const { id, name, arguments: text } = part
    this.hasCalls = true
    const open = this.#open.get(part.block)
    const isNew = open?.kind !== 'tool_use'
    const call = { type: 'tool_use', id: id ?? `${this.#answerId}-${this.#next}`, name: name ?? '' }
    const start = isNew ? this.#start(part.block, { ...call, input: {}, caller: direct }) : ''
    if (text === undefined || text === '') return start
    const delta = { type: 'input_json_delta', partial_json: text }
    const block = this.#open.get(part.block)
    if (block !== undefined) block.text += text
    return start + this.#deltaTo(part.block, delta)
  }

  /** A piece of this vendor's own: a block, or what is added to one. */
  #opaque({ block, kind }: PlacedDelta & { readonly kind: string }, data: JsonRecord): string {
    return kind.endsWith('_delta') ? this.#deltaTo(block, data) : this.#start(block, data)
  }

  #delta(part: PlacedDelta, content: JsonRecord, delta: JsonRecord): string {
    const start = this.#open.get(part.block)?.kind === content.type ? '' : this.#start(part.block, content)
    return start + this.#deltaTo(part.block, delta)
  }

  #deltaTo(block: number, delta: JsonRecord): string {
    const index = this.indexOf(block)
    return index === undefined ? '' : frame({ type: 'content_block_delta', index, delta })
  }

  #start(number: number, content: JsonRecord): string {
    let text = ''
    for (const [other, block] of this.#open) {
      if (other === number || isWhole(block)) text += this.#close(other, block)
    }
    const { index } = this.#put(number, String(content.type))
    return text + frame({ type: 'content_block_start', index, content_block: content })
  }

  #put(number: number, kind: string): Block {
    const block = { index: this.#next, kind, text: '' }
    this.#next += 1
    this.#open.set(number, block)
    if (kind === 'tool_use') this.hasCalls = true
    return block
  }

  #close(number: number, { index }: Block): string {
    this.#open.delete(number)
    return frame({ type: 'content_block_stop', index })
  }
}

/** Whether nothing more can come for a block when another one begins. */
function isWhole({ kind, text }: Block): boolean {
  if (kind !== 'tool_use') return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
