import type { JsonRecord } from '../../../../json.ts'
import { callItem, outputText } from '../items/assistant-wire.ts'
import { isOwn, lateSignature, type Sealed, sealOf } from '../items/item-ids.ts'

export type WrittenKind = 'message' | 'reasoning' | 'function_call' | 'custom_tool_call' | 'opaque'

/** One part of a message's content. */
export interface WrittenPiece {
  readonly type: 'output_text' | 'refusal'
  text: string
  isOpen: boolean
}

/** An item of a stream's output, with all that was written of it. */
export class WrittenItem {
  readonly kind: WrittenKind
  /** Its number in the output. */
  readonly index: number
  readonly id: string
  /** Of a message, by the numbers that the vendor gave them. */
  readonly pieces: Map<number, WrittenPiece> = new Map()
  /** Of a thought, or the arguments of a call. */
  text = ''
  /** Where in the text the present piece of a summary begins, and its number. */
  summary: { readonly index: number; readonly from: number } | undefined
  callId = ''
  name = ''
  seal: Sealed = {}
  data: JsonRecord | undefined
  isOpen = true

  constructor(kind: WrittenKind, index: number, id: string) {
    this.kind = kind
    this.index = index
    this.id = id
  }

  /** The item as far as it was written. */
  body(status: 'in_progress' | 'completed'): JsonRecord {
    const { kind, id, text } = this
    if (kind === 'opaque') return this.data ?? {}
    if (kind === 'message') {
      const content = [...this.pieces.values()].map(pieceBody)
      return { type: kind, id, status, role: 'assistant', content }
    }
    if (kind === 'reasoning') {
      const sealed = sealOf(this.seal)
      const isLate = sealed.id !== undefined && sealed.id !== id && isOwn(this.seal)
      const encrypted = sealed.encrypted ?? (isLate ? lateSignature(sealed.id) : undefined)
      const summary = text === '' ? [] : [{ type: 'summary_text', text }]
      return { type: kind, id, summary, ...(encrypted === undefined ? {} : { encrypted_content: encrypted }) }
    }
    const called = { type: 'tool-call', id: this.callId, name: this.name, arguments: text } as const
    return kind === 'custom_tool_call'
      ? { ...callItem({ ...called, custom: true }), id }
      : { ...callItem(called), id, status }
  }
}

export function pieceBody({ type, text }: Pick<WrittenPiece, 'type' | 'text'>): JsonRecord {
  return type === 'refusal' ? { type, refusal: text } : outputText(text)
}
