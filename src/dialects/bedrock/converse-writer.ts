import type { JsonRecord } from '../../json.ts'
import {
  type ChatEvent,
  type ChatEventPart,
  nativeBody,
  nativeText,
  type Usage,
} from '../../provider/contract.ts'
import type { ChatStreamWriter } from '../chat-codec.ts'
import { markSignature } from '../foreign-signature.ts'
import { converseDialect } from './converse-request.ts'
import { eventFrame } from './event-frame.ts'
import { eventIn } from './event-text.ts'
import { bedrockVendor } from './left-over.ts'
import { markRedacted } from './messages/reasoning.ts'
import { wireStop } from './stop-reason.ts'
import { converseUsage } from './usage.ts'

type Placed = Exclude<ChatEventPart, { readonly type: 'finish' | 'usage' }>

/**
 * Writes a stream as messages of AWS's event stream, each character one byte. An event of the same dialect is passed on as
 * it came. Any other event is built, also in the middle of a stream that is passed on. Bedrock answers once, so that only
 * the first choice is told.
 */
export class ConverseWriter implements ChatStreamWriter {
  #isPassing = false
  #hasBegun = false
  #hasUsage = false
  #hasCalls = false
  #usage: Usage = {}
  /** Numbers of blocks that are open, by what they are. */
  readonly #open = new Map<string, number>()
  #next = 0

  write(events: readonly ChatEvent[]): string {
    let text = ''
    for (const event of events) {
      this.#hasCalls ||= event.parts.some((part) => part.type === 'tool-call-delta' && part.choice === 0)
      const native = nativeText(event, converseDialect)
      if (native === undefined) for (const part of event.parts) text += this.#built(part)
      else text += this.#passed(event, native)
    }
    return text
  }

  /** Usage comes last, with the count of the whole answer. */
  end(): string {
    const usage = this.#hasUsage ? undefined : converseUsage(this.#usage)
    if (usage === undefined) return ''
    return framed('metadata', { usage, metrics: { latencyMs: 0 } })
  }

  #passed(event: ChatEvent, native: string): string {
    const { name, payload } = eventIn(native)
    this.#isPassing = true
    this.#hasBegun = true
    if (name === 'metadata') this.#hasUsage = true
    for (const part of event.parts) if ('block' in part) this.#open.set(keyOf(part, true), part.block)
    if (name === 'contentBlockStop') this.#closed(nativeBody(event, converseDialect)?.contentBlockStop)
    const before = name === 'messageStop' ? this.#closeAll() : ''
    return before + eventFrame(name, payload)
  }

  #closed(stop: unknown): void {
    const index = (stop as { readonly contentBlockIndex?: unknown } | undefined)?.contentBlockIndex
    for (const [key, number] of this.#open) if (number === index) this.#open.delete(key)
  }

  #built(part: ChatEventPart): string {
    if (part.type === 'usage') {
      this.#usage = part.usage
      return ''
    }
    if (part.choice !== 0) return ''
    const begun = this.#begin()
    if (part.type === 'finish')
      return begun + this.#closeAll() + framed('messageStop', wireStop(part, this.#hasCalls))
    const deltas = deltasOf(part)
    if (deltas.length === 0 && startOf(part, 0) === undefined) return begun
    const block = this.#block(part)
    return (
      begun +
      block.text +
      deltas.map((delta) => framed('contentBlockDelta', { delta, contentBlockIndex: block.index })).join('')
    )
  }

  #begin(): string {
    if (this.#hasBegun) return ''
    this.#hasBegun = true
    return framed('messageStart', { role: 'assistant' })
  }

  /** The number of the part's block, and what has to be written before. Text and thoughts end where another block begins. */
  #block(part: Placed): { readonly index: number; readonly text: string } {
    const key = keyOf(part, this.#isPassing)
    const open = this.#open.get(key)
    if (open !== undefined) return { index: open, text: '' }
    let text = ''
    if (!this.#isPassing) {
      for (const [other, number] of this.#open) {
        if (other.startsWith('tool-call')) continue
        text += framed('contentBlockStop', { contentBlockIndex: number })
        this.#open.delete(other)
      }
    }
    const index = this.#isPassing ? part.block : this.#next
    this.#next += 1
    this.#open.set(key, index)
    const start = startOf(part, index)
    return {
      index,
      text:
        start === undefined ? text : text + framed('contentBlockStart', { start, contentBlockIndex: index }),
    }
  }

  #closeAll(): string {
    let text = ''
    for (const contentBlockIndex of new Set(this.#open.values()))
      text += framed('contentBlockStop', { contentBlockIndex })
    this.#open.clear()
    return text
  }
}

function framed(name: string, payload: JsonRecord): string {
  return eventFrame(name, JSON.stringify(payload))
}

/** Encrypted thoughts have a block of their own. A stream that is passed on keeps its own numbers. */
function keyOf(part: Placed, isPassing: boolean): string {
  if (isPassing) return `${part.block}`
  const isEncrypted = part.type === 'reasoning-delta' && part.encrypted !== undefined
  return `${part.type}${isEncrypted ? ' encrypted' : ''} ${part.block}`
}

function startOf(part: Placed, index: number): JsonRecord | undefined {
  if (part.type === 'opaque-delta') return isStart(part) ? (part.data as JsonRecord) : undefined
  if (part.type !== 'tool-call-delta') return undefined
  const { id = `tooluse_${index}`, name = '' } = part
  return { toolUse: { toolUseId: id, name } }
}

function isStart({ vendor, kind }: Placed & { readonly type: 'opaque-delta' }): boolean {
  return vendor === bedrockVendor && kind === 'contentBlockStart'
}

function deltasOf(part: Placed): readonly JsonRecord[] {
  switch (part.type) {
    case 'text-delta':
    case 'refusal-delta':
      return part.text === '' ? [] : [{ text: part.text }]
    case 'tool-call-delta':
      return part.arguments === undefined ? [] : [{ toolUse: { input: part.arguments } }]
    case 'reasoning-delta':
      return thoughts(part)
    case 'opaque-delta':
      return part.vendor === bedrockVendor && !isStart(part) ? [part.data as JsonRecord] : []
    case 'audio-delta':
      return []
  }
}

function thoughts(part: Placed & { readonly type: 'reasoning-delta' }): readonly JsonRecord[] {
  const { text, encrypted, signature, signedBy } = part
  const mark =
    signature === undefined
      ? undefined
      : markSignature({ signature, ...(signedBy && { signedBy }) }, bedrockVendor)
  return [
    ...(text === '' ? [] : [{ text }]),
    ...(mark === undefined ? [] : [{ signature: mark }]),
    ...(encrypted === undefined ? [] : [{ redactedContent: markRedacted(encrypted, signedBy) }]),
  ].map((reasoningContent) => ({ reasoningContent }))
}
