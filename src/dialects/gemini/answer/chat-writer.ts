import type { JsonRecord } from '../../../json.ts'
import {
  type ChatEvent,
  type ChatEventPart,
  nativeBody,
  nativeText,
  type ToolCallPart,
  type Usage,
} from '../../../provider/contract.ts'
import type { ChatAnswerFacts, ChatStreamWriter } from '../../chat-codec.ts'
import { geminiDialect, googleVendor } from '../gemini-names.ts'
import { clientParts } from './client-part.ts'
import { geminiFinish } from './finish.ts'
import { geminiUsage } from './usage.ts'

type Part<Type extends ChatEventPart['type']> = Extract<ChatEventPart, { readonly type: Type }>

/** A call that is not whole yet. Google's format has arguments as an object, which pieces of a text are not. */
interface OpenCall {
  readonly block: number
  readonly part: ToolCallPart
}

/**
 * Writes a stream as server-sent events. An event of the same dialect is passed on as it came. The end of an answer that is
 * built is written last, together with the usage, as clients expect it.
 */
export class GeminiWriter implements ChatStreamWriter {
  readonly #facts: ChatAnswerFacts
  #passed: ChatEvent | undefined
  #head: JsonRecord | undefined
  #usage: Usage | undefined
  readonly #calls = new Map<number, OpenCall>()
  /** Answers whose last call could not be written. */
  readonly #broken = new Set<number>()
  readonly #finishes: JsonRecord[] = []
  /** The block of the thought that was written last in each answer. */
  readonly #thoughts = new Map<number, number>()

  constructor(facts: ChatAnswerFacts) {
    this.#facts = facts
  }

  write(events: readonly ChatEvent[]): string {
    let text = ''
    for (const event of events) {
      const native = nativeText(event, geminiDialect)
      if (native === undefined) for (const part of event.parts) text += this.#built(part)
      else if (native !== '') {
        this.#passed ??= event
        text += `data: ${native}\n\n`
      }
    }
    return text
  }

  end(): string {
    const usage = this.#usage === undefined ? undefined : geminiUsage(this.#usage)
    if (this.#finishes.length === 0 && usage === undefined) return ''
    return this.#chunk({
      ...(this.#finishes.length > 0 && { candidates: this.#finishes }),
      ...(usage !== undefined && { usageMetadata: usage }),
    })
  }

  #built(part: ChatEventPart): string {
    if (part.type === 'usage') {
      this.#usage = part.usage
      return ''
    }
    if (part.type === 'finish') return this.#closed(part.choice) + this.#finish(part)
    if (part.type === 'tool-call-delta') return this.#call(part)
    return this.#closed(part.choice) + this.#parts(part.choice, [...this.#parting(part), ...saidIn(part)])
  }

  /** An empty text, which parts one thought from another. Each has a signature of its own. */
  #parting({ type, choice, block }: PlacedPart): readonly JsonRecord[] {
    const before = this.#thoughts.get(choice)
    if (type === 'reasoning-delta') this.#thoughts.set(choice, block)
    else this.#thoughts.delete(choice)
    return type === 'reasoning-delta' && before !== undefined && before !== block ? [{ text: '' }] : []
  }

  #call(delta: Part<'tool-call-delta'>): string {
    const { choice, block, type: _, ...piece } = delta
    const open = this.#calls.get(choice)
    if (open?.block === block) {
      const { arguments: more = '', ...others } = piece
      const part = { ...open.part, ...others, arguments: open.part.arguments + more }
      this.#calls.set(choice, { block, part })
      return ''
    }
    const before = this.#closed(choice)
    this.#calls.set(choice, { block, part: { id: '', name: '', arguments: '', ...piece, type: 'tool-call' } })
    return before
  }

  /** Writes the call that is whole now. */
  #closed(choice: number): string {
    const open = this.#calls.get(choice)
    if (open === undefined) return ''
    this.#calls.delete(choice)
    const parts = clientParts(open.part)
    if (parts.length === 0) this.#broken.add(choice)
    return this.#parts(choice, parts)
  }

  #parts(choice: number, parts: readonly JsonRecord[]): string {
    if (parts.length === 0) return ''
    return this.#chunk({ candidates: [{ content: { role: 'model', parts }, index: choice }] })
  }

  #finish({ choice, finishReason }: Part<'finish'>): string {
    const isBroken = finishReason === 'tool-calls' && this.#broken.has(choice)
    const word = isBroken ? 'MALFORMED_FUNCTION_CALL' : geminiFinish(finishReason)
    this.#finishes.push({
      content: { role: 'model', parts: [{ text: '' }] },
      finishReason: word,
      index: choice,
    })
    return ''
  }

  #chunk(said: JsonRecord): string {
    this.#head ??= this.#madeHead()
    return `data: ${JSON.stringify({ ...said, ...this.#head })}\n\n`
  }

  #madeHead(): JsonRecord {
    const { id, model } = this.#facts
    const passed = this.#passed === undefined ? undefined : nativeBody(this.#passed, geminiDialect)
    return { modelVersion: passed?.modelVersion ?? model, responseId: passed?.responseId ?? id }
  }
}

type PlacedPart = Exclude<ChatEventPart, Part<'usage' | 'finish' | 'tool-call-delta'>>

function saidIn(part: PlacedPart): readonly JsonRecord[] {
  switch (part.type) {
    case 'text-delta':
      return clientParts({ ...part, type: 'text' })
    case 'reasoning-delta':
      return clientParts({ ...part, type: 'reasoning' })
    case 'refusal-delta':
      return [{ text: part.text }]
    case 'audio-delta':
      if (part.data !== undefined) {
        // The request chose the format, and the pieces do not repeat it.
        return [{ inlineData: { mimeType: 'application/octet-stream', data: part.data } }]
      }
      return part.transcript === undefined ? [] : [{ text: part.transcript }]
    case 'opaque-delta':
      return part.vendor === googleVendor ? googlePart(part) : []
  }
}

/** A picture came as a part of the contract, and everything else as it was. */
function googlePart({ kind, data }: Part<'opaque-delta'>): readonly JsonRecord[] {
  if (kind === 'image' || kind === 'file') return clientParts(data as Parameters<typeof clientParts>[0])
  return [data as JsonRecord]
}
