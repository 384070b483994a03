import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { ChatDelta, ChatPlace } from '../../provider/contract.ts'
import { aiSdkVendor } from './dialect.ts'
import { joinedBase64 } from './media.ts'
import { metadataOf, writeForeign } from './own-marks.ts'
import { isProof, type Proof, proofMarks, proofOf } from './proofs.ts'

type Part = LanguageModelV4StreamPart

/**
 * Ours, as far as they are known of a block. The AI SDK takes the last metadata of a block for the whole of it, so that
 * each piece with marks has all that came before.
 */
type Marks = Proof & { readonly refusal?: true | undefined }

type Open =
  | { readonly kind: 'text' | 'reasoning'; readonly id: string; marks: Marks }
  | {
      readonly kind: 'call'
      readonly id: string
      readonly name: string
      readonly isText: boolean
      input: string
      hasEnded: boolean
      marks: Marks
    }
  | { readonly kind: 'audio'; readonly pieces: string[]; transcript: string; fileId: string | undefined }

/** Writes the blocks of one answer: their beginnings, pieces and ends. */
export class BlockWriter {
  readonly #open = new Map<number, Open>()
  readonly #prefix: string
  #count = 0

  /** `prefix` begins the ids of blocks, so that they differ from those of other answers. */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** A part of a model went out as it came. Its block has the model's id, should the writer go on with it. */
  passed(part: Part, block: number): void {
    if (part.type === 'text-start' || part.type === 'text-delta') this.#passedText('text', part, block)
    else if (part.type === 'reasoning-start' || part.type === 'reasoning-delta') {
      this.#passedText('reasoning', part, block)
    } else if (part.type === 'tool-input-start') {
      const { id, toolName: name, inputEncoding } = part
      this.#open.set(block, {
        kind: 'call',
        id,
        name,
        isText: inputEncoding === 'text',
        input: '',
        hasEnded: false,
        marks: proofMarks(part.providerMetadata),
      })
    } else if (part.type === 'tool-input-delta') {
      const open = this.#open.get(block)
      if (open?.kind === 'call') open.input += part.delta
    } else if (part.type === 'tool-input-end') {
      const open = this.#open.get(block)
      if (open?.kind === 'call') open.hasEnded = true
    } else this.#open.delete(block)
  }

  #passedText(
    kind: 'text' | 'reasoning',
    { id, providerMetadata }: Part & { readonly type: `${'text' | 'reasoning'}-${'start' | 'delta'}` },
    block: number,
  ): void {
    const open = this.#open.get(block)
    const before = open?.kind === kind ? open.marks : {}
    const marks = providerMetadata === undefined ? before : { ...before, ...proofMarks(providerMetadata) }
    this.#open.set(block, { kind, id, marks })
  }

  write(delta: ChatPlace & ChatDelta): readonly Part[] {
    switch (delta.type) {
      case 'text-delta':
      case 'reasoning-delta':
        return this.#piece(delta, delta.type === 'text-delta' ? 'text' : 'reasoning', proofOf(delta))
      case 'refusal-delta':
        return this.#piece(delta, 'text', {})
      case 'tool-call-delta':
        return this.#call(delta)
      case 'audio-delta':
        return this.#audio(delta)
      case 'opaque-delta':
        // Pieces of a call that the vendor runs. Some may be missing, and the call comes whole after them.
        if (delta.vendor === aiSdkVendor && delta.kind.startsWith('tool-input-')) return []
        return [delta.vendor === aiSdkVendor ? (delta.data as Part) : writeForeign(delta)]
    }
  }

  closeAll(): readonly Part[] {
    return [...this.#open.keys()].flatMap((block) => this.close(block))
  }

  /** Ends a block. Gives nothing for one that is not open. */
  close(block: number): readonly Part[] {
    const open = this.#open.get(block)
    this.#open.delete(block)
    if (open === undefined) return []
    if (open.kind === 'audio') {
      const { pieces, transcript, fileId } = open
      const data = { type: 'data', data: joinedBase64(pieces) } as const
      const marks = { fileId, transcript: transcript === '' ? undefined : transcript }
      return [{ type: 'file', mediaType: 'application/octet-stream', data, ...metadataOf(undefined, marks) }]
    }
    if (open.kind !== 'call') return [{ type: `${open.kind}-end`, id: open.id }]
    const { id, name: toolName, isText, input, hasEnded, marks } = open
    return [
      ...(hasEnded ? [] : [{ type: 'tool-input-end', id } as const]),
      {
        type: 'tool-call',
        toolCallId: id,
        toolName,
        input: isText ? JSON.stringify(input) : input,
        ...metadataOf(undefined, { custom: isText || undefined, ...marks }),
      },
    ]
  }

  #piece(
    { block, text: delta, type }: ChatPlace & Extract<ChatDelta, { readonly text: string }>,
    kind: 'text' | 'reasoning',
    proof: Proof,
  ): readonly Part[] {
    const isProven = isProof(proof)
    if (delta === '' && !isProven) return []
    const open = this.#open.get(block)
    if (open?.kind === kind) {
      if (!isProven) return [{ type: `${kind}-delta`, id: open.id, delta }]
      open.marks = { ...open.marks, ...proof }
      return [{ type: `${kind}-delta`, id: open.id, delta, ...metadataOf(undefined, open.marks) }]
    }
    const id = this.#newId()
    const before = this.#closeTexts()
    const refusal = type === 'refusal-delta' || undefined
    const marks = { refusal, ...proof }
    this.#open.set(block, { kind, id, marks })
    return [
      ...before,
      { type: `${kind}-start`, id, ...metadataOf(undefined, { refusal }) },
      { type: `${kind}-delta`, id, delta, ...(isProven ? metadataOf(undefined, marks) : {}) },
    ]
  }

  #call({
    block,
    id: given,
    name,
    arguments: delta = '',
    custom,
    ...proven
  }: ChatPlace & Extract<ChatDelta, { readonly type: 'tool-call-delta' }>): readonly Part[] {
    const open = this.#open.get(block)
    const marks = proofOf(proven)
    if (open?.kind === 'call') {
      open.input += delta
      if (isProof(marks)) open.marks = marks
      // Some models tell the input of a call only in the call, after its pieces have ended.
      return delta === '' || open.hasEnded ? [] : [{ type: 'tool-input-delta', id: open.id, delta }]
    }
    const before = this.#closeTexts()
    const id = given === undefined || given === '' ? this.#newId() : given
    const toolName = name ?? ''
    const isText = custom === true
    this.#open.set(block, { kind: 'call', id, name: toolName, isText, input: delta, hasEnded: false, marks })
    const start: Part = {
      type: 'tool-input-start',
      id,
      toolName,
      ...(isText ? { inputEncoding: 'text' } : {}),
    }
    return delta === '' ? [...before, start] : [...before, start, { type: 'tool-input-delta', id, delta }]
  }

  #audio({
    block,
    data,
    transcript,
    fileId,
  }: ChatPlace & Extract<ChatDelta, { readonly type: 'audio-delta' }>): [] {
    const known = this.#open.get(block)
    const open =
      known?.kind === 'audio' ? known : { kind: 'audio' as const, pieces: [], transcript: '', fileId }
    this.#open.set(block, open)
    if (data !== undefined) open.pieces.push(data)
    open.transcript += transcript ?? ''
    open.fileId ??= fileId
    return []
  }

  /** What comes next is another block, so the texts before it are whole. Calls may come in turns. */
  #closeTexts(): readonly Part[] {
    const texts = [...this.#open].filter(([, { kind }]) => kind === 'text' || kind === 'reasoning')
    return texts.flatMap(([block]) => this.close(block))
  }

  #newId(): string {
    this.#count += 1
    return `${this.#prefix}-${this.#count}`
  }
}
