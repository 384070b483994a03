import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import {
  type ChatDelta,
  type ChatEvent,
  type ChatEventPart,
  withNativeObject,
} from '../../provider/contract.ts'
import { aiSdkDialect, aiSdkVendor, type NativePart, type OpenedStream } from './dialect.ts'
import { reasoningMarks } from './own-marks.ts'
import { readFinish, readUsage } from './usage.ts'

type Part = Exclude<LanguageModelV4StreamPart, { readonly type: 'error' }>

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
  #reading(part: Part): { readonly block?: number; readonly says: readonly ChatEventPart[] } {
    switch (part.type) {
      case 'stream-start':
      case 'response-metadata':
      case 'ping':
      case 'raw':
        return { says: [] }
      case 'text-start':
      case 'reasoning-start':
        return { block: this.#begun(part.type.slice(0, -6), part.id), says: [] }
      case 'text-end':
      case 'reasoning-end':
        return { block: this.#ended(part.type.slice(0, -4), part.id), says: [] }
      case 'text-delta':
        return this.#saying(
          this.#blockOf('text', part.id),
          part.delta !== '' && { type: 'text-delta', text: part.delta },
        )
      case 'reasoning-delta': {
        const { options: _, ...marks } = reasoningMarks(part.providerMetadata)
        const isEmpty = part.delta === '' && Object.keys(marks).length === 0
        const block = this.#blockOf('reasoning', part.id)
        return this.#saying(block, !isEmpty && { type: 'reasoning-delta', text: part.delta, ...marks })
      }
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

  #call(
    part: Part & { readonly type: 'tool-input-start' | 'tool-input-delta' | 'tool-input-end' | 'tool-call' },
  ): {
    readonly block?: number
    readonly says: readonly ChatEventPart[]
  } {
    const id = part.type === 'tool-call' ? part.toolCallId : part.id
    const isExecuted = 'providerExecuted' in part && part.providerExecuted === true
    const call = this.#calls.get(id)
    // The vendor runs the tool itself, so nobody else may take it for a call.
    if (isExecuted || (call === undefined && part.type !== 'tool-input-start' && part.type !== 'tool-call')) {
      return this.#opaque(part)
    }
    if (part.type === 'tool-input-start') {
      const isText = part.inputEncoding === 'text'
      const begun: OpenCall = { block: this.#blocks++, isText, hasInput: false }
      this.#calls.set(id, begun)
      const custom = isText ? { custom: true as const } : {}
      return this.#saying(begun.block, { type: 'tool-call-delta', id, name: part.toolName, ...custom })
    }
    if (part.type === 'tool-call' && call === undefined) {
      const { toolName: name, input } = part
      return this.#saying(this.#blocks++, { type: 'tool-call-delta', id, name, arguments: input })
    }
    if (call === undefined || part.type === 'tool-input-end')
      return { ...(call && { block: call.block }), says: [] }
    const text = part.type === 'tool-call' ? part.input : part.delta
    // The input has come in pieces. Some models leave out the pieces of an empty one.
    const isNew = part.type === 'tool-input-delta' || (!call.hasInput && !call.isText)
    if (part.type === 'tool-input-delta') call.hasInput = true
    else this.#calls.delete(id)
    return this.#saying(call.block, isNew && text !== '' && { type: 'tool-call-delta', arguments: text })
  }

  #saying(
    block: number,
    delta: ChatDelta | false,
  ): { readonly block: number; readonly says: readonly ChatEventPart[] } {
    return { block, says: delta === false ? [] : [{ ...delta, choice: 0, block }] }
  }

  #opaque(part: Part): { readonly block: number; readonly says: readonly ChatEventPart[] } {
    return this.#saying(this.#blocks++, {
      type: 'opaque-delta',
      vendor: aiSdkVendor,
      kind: part.type,
      data: part,
    })
  }

  #begun(kind: string, id: string): number {
    const block = this.#blocks++
    this.#open.set(`${kind}:${id}`, block)
    return block
  }

  #blockOf(kind: string, id: string): number {
    return this.#open.get(`${kind}:${id}`) ?? this.#begun(kind, id)
  }

  #ended(kind: string, id: string): number {
    const block = this.#blockOf(kind, id)
    this.#open.delete(`${kind}:${id}`)
    return block
  }
}
