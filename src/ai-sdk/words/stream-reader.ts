import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import {
  type ChatDelta,
  type ChatEvent,
  type ChatEventPart,
  withNativeObject,
} from '../../provider/contract.ts'
import { aiSdkDialect, aiSdkVendor, type NativePart, type OpenedStream } from './dialect.ts'
import { ownMarks, readForeign } from './own-marks.ts'
import { isProof, proofMarks } from './proofs.ts'
import { readInput } from './read-reply.ts'
import { readFinish, readUsage } from './usage.ts'

type Part = Exclude<LanguageModelV4StreamPart, { readonly type: 'error' }>

type SaidPart = Extract<Part, { readonly type: `${'text' | 'reasoning'}-${'start' | 'delta' | 'end'}` }>

interface Reading {
  readonly block?: number
  readonly says: readonly ChatEventPart[]
}

/** A tool call whose input comes in pieces. */
interface OpenCall {
  readonly block: number
  /** The input is a text and not JSON, as that of a custom tool. */
  readonly isText: boolean
  hasInput: boolean
}

/** Reads one stream of a model. Each part is an event, and its native form says where the part stood. */
export class AiSdkStreamReader {
  readonly #opened: OpenedStream
  #place = 0
  #blocks = 0
  /** The blocks of text and reasoning that are open, by kind and id. */
  readonly #open = new Map<string, number>()
  /** The blocks of text that are refusals. */
  readonly #refusals = new Set<number>()
  readonly #calls = new Map<string, OpenCall>()

  constructor(opened: OpenedStream) {
    this.#opened = opened
  }

  read(part: Part): ChatEvent {
    const { block, says } = this.#reading(part)
    const place = this.#place++
    const native: NativePart = {
      part,
      place,
      ...(block === undefined ? {} : { block }),
      ...(place === 0 ? { opened: this.#opened } : {}),
    }
    return withNativeObject({ parts: says }, aiSdkDialect, native)
  }

  /** What the part says, and of which block. */
  #reading(part: Part): Reading {
    switch (part.type) {
      case 'stream-start':
      case 'response-metadata':
      case 'ping':
      case 'raw':
        return { says: [] }
      case 'text-start':
      case 'text-delta':
      case 'text-end':
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        return this.#said(part)
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-input-end':
      case 'tool-call':
        return this.#call(part)
      case 'finish':
        return {
          says: [
            { type: 'usage', usage: readUsage(part.usage) },
            { type: 'finish', choice: 0, finishReason: readFinish(part.finishReason) },
          ],
        }
      default:
        return this.#opaque(part)
    }
  }

  /** A proof may stand at the beginning, in the middle or at the end of a block. */
  #said(part: SaidPart): Reading {
    const [kind, step] = part.type.split('-') as ['text' | 'reasoning', 'start' | 'delta' | 'end']
    const block = this.#block(kind, step, part.id)
    const text = part.type === 'text-delta' || part.type === 'reasoning-delta' ? part.delta : ''
    const { providerMetadata: metadata } = part
    if (metadata === undefined) {
      return this.#saying(block, text !== '' && { type: this.#typeOf(kind, block), text })
    }
    if (kind === 'text' && ownMarks(metadata).refusal === true) this.#refusals.add(block)
    const proof = proofMarks(metadata)
    const type = this.#typeOf(kind, block)
    if (text === '' && !isProof(proof)) return { block, says: [] }
    return this.#saying(block, type === 'refusal-delta' ? { type, text } : { type, text, ...proof })
  }

  #typeOf(kind: 'text' | 'reasoning', block: number): 'text-delta' | 'reasoning-delta' | 'refusal-delta' {
    return kind === 'text' && this.#refusals.has(block) ? 'refusal-delta' : `${kind}-delta`
  }

  #call(
    part: Part & { readonly type: 'tool-input-start' | 'tool-input-delta' | 'tool-input-end' | 'tool-call' },
  ): Reading {
    const id = part.type === 'tool-call' ? part.toolCallId : part.id
    const isExecuted = 'providerExecuted' in part && part.providerExecuted === true
    const call = this.#calls.get(id)
    const { encrypted: _, ...proof } = proofMarks(part.providerMetadata)
    // The vendor runs the tool itself, so nobody else may take it for a call.
    if (isExecuted || (call === undefined && part.type !== 'tool-input-start' && part.type !== 'tool-call')) {
      return this.#opaque(part)
    }
    if (part.type === 'tool-input-start') {
      const isText = part.inputEncoding === 'text'
      const begun: OpenCall = { block: this.#blocks++, isText, hasInput: false }
      this.#calls.set(id, begun)
      const custom = isText ? { custom: true as const } : {}
      const { toolName: name } = part
      return this.#saying(begun.block, { type: 'tool-call-delta', id, name, ...custom, ...proof })
    }
    if (part.type === 'tool-call' && call === undefined) {
      const { toolName: name, input } = part
      return this.#saying(this.#blocks++, {
        type: 'tool-call-delta',
        id,
        name,
        ...readInput(input, part.providerMetadata),
        ...proof,
      })
    }
    if (call === undefined) return { says: [] }
    const text = part.type === 'tool-call' ? part.input : part.type === 'tool-input-delta' ? part.delta : ''
    // The input has come in pieces. Some models leave out the pieces of an empty one.
    const isNew = text !== '' && (part.type === 'tool-input-delta' || (!call.hasInput && !call.isText))
    if (part.type === 'tool-input-delta') call.hasInput = true
    else if (part.type === 'tool-call') this.#calls.delete(id)
    if (!isNew && !isProof(proof)) return { block: call.block, says: [] }
    const piece = isNew ? { arguments: text } : {}
    return this.#saying(call.block, { type: 'tool-call-delta', ...piece, ...proof })
  }

  #saying(block: number, delta: ChatDelta | false): Reading {
    return { block, says: delta === false ? [] : [{ ...delta, choice: 0, block }] }
  }

  #opaque(part: Part): Reading {
    const foreign = part.type === 'custom' ? readForeign(part.kind, part.providerMetadata) : undefined
    if (foreign !== undefined) return this.#saying(this.#blocks++, { ...foreign, type: 'opaque-delta' })
    return this.#saying(this.#blocks++, {
      type: 'opaque-delta',
      vendor: aiSdkVendor,
      kind: part.type,
      data: part,
    })
  }

  #block(kind: string, step: 'start' | 'delta' | 'end', id: string): number {
    const key = `${kind}:${id}`
    const block = (step === 'start' ? undefined : this.#open.get(key)) ?? this.#blocks++
    if (step === 'end') this.#open.delete(key)
    else this.#open.set(key, block)
    return block
  }
}
