import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import { type ChatDelta, type ChatEvent, type ChatEventPart, nativeEvent } from '../../provider/contract.ts'
import type { ChatStreamEnd, ChatStreamReader, ErrorOf } from '../chat-codec.ts'
import { readSignature } from '../foreign-signature.ts'
import { parseAnswer } from '../openai/body-text.ts'
import { converseDialect } from './converse-request.ts'
import { eventText } from './event-text.ts'
import { bedrockVendor } from './left-over.ts'
import { readRedacted } from './messages/reasoning.ts'
import { readStop } from './stop-reason.ts'
import { readConverseUsage } from './usage.ts'

const none: readonly ChatEventPart[] = []

/** Reads a stream of ConverseStream. The name of an event is its `:event-type`, or that of an exception. */
export class ConverseReader implements ChatStreamReader {
  readonly #errorOf: ErrorOf
  #isEmpty = true
  #isFinished = false
  /** Blocks that call a tool of the caller's and had no arguments yet. */
  readonly #withoutInput = new Set<unknown>()
  /** Blocks that call a tool which Bedrock runs itself. */
  readonly #ownCalls = new Set<unknown>()

  constructor(errorOf: ErrorOf) {
    this.#errorOf = errorOf
  }

  /** Usage comes after the event that ends the answer, so that none says nothing but the end. */
  isEnd(): boolean {
    return false
  }

  read(name: string, data: string): ChatEvent {
    const body = parseAnswer(data, 'an event of the stream')
    if (!isRecord(body)) throw malformed(name, 'no object')
    if (name.endsWith('Exception') || name === 'error') throw this.#errorOf({ __type: name, ...body })
    this.#isEmpty = false
    return nativeEvent(this.#parts(name, body), converseDialect, eventText(name, data))
  }

  #parts(name: string, body: JsonRecord): readonly ChatEventPart[] {
    switch (name) {
      case 'contentBlockStart':
        return this.#placed(name, body, isRecord(body.start) ? this.#start(body.start, body) : undefined)
      case 'contentBlockDelta':
        return this.#placed(name, body, isRecord(body.delta) ? this.#delta(body.delta, body) : undefined)
      case 'contentBlockStop': {
        const isBare = this.#withoutInput.delete(body.contentBlockIndex)
        return isBare ? this.#placed(name, body, { type: 'tool-call-delta', arguments: '{}' }) : none
      }
      case 'messageStop':
        return this.#finish(body)
      case 'metadata':
        return isRecord(body.usage) ? [{ type: 'usage', usage: readConverseUsage(body.usage) }] : none
      default:
        return none
    }
  }

  #placed(
    name: string,
    { contentBlockIndex: block }: JsonRecord,
    delta: ChatDelta | undefined,
  ): readonly ChatEventPart[] {
    if (delta === undefined) throw malformed(name, 'an unknown form')
    if (typeof block !== 'number') throw malformed(name, 'no contentBlockIndex')
    return [{ ...delta, choice: 0, block }]
  }

  #start(start: JsonRecord, { contentBlockIndex: block }: JsonRecord): ChatDelta {
    const { toolUse } = start
    if (!isRecord(toolUse) || toolUse.type !== undefined) {
      if (isRecord(toolUse)) this.#ownCalls.add(block)
      return { type: 'opaque-delta', vendor: bedrockVendor, kind: 'contentBlockStart', data: start }
    }
    this.#withoutInput.add(block)
    return { type: 'tool-call-delta', id: String(toolUse.toolUseId), name: String(toolUse.name) }
  }

  #delta(delta: JsonRecord, { contentBlockIndex: block }: JsonRecord): ChatDelta | undefined {
    const { text, toolUse, reasoningContent: reasoning } = delta
    if (typeof text === 'string') return { type: 'text-delta', text }
    if (isRecord(toolUse) && !this.#ownCalls.has(block)) {
      const input = typeof toolUse.input === 'string' ? toolUse.input : ''
      if (input !== '') this.#withoutInput.delete(block)
      return { type: 'tool-call-delta', arguments: input }
    }
    if (isRecord(reasoning)) return thought(reasoning)
    const [kind] = Object.keys(delta)
    if (kind === undefined) return undefined
    return { type: 'opaque-delta', vendor: bedrockVendor, kind: 'contentBlockDelta', data: delta }
  }

  #finish(body: JsonRecord): readonly ChatEventPart[] {
    if (this.#isFinished) return none
    this.#isFinished = true
    return [{ type: 'finish', choice: 0, ...readStop(body) }]
  }

  /** Bedrock always says why an answer is finished, so that one without it was cut, however its transport ended. */
  end(how: ChatStreamEnd): readonly ChatEvent[] {
    if (this.#isFinished) return []
    if (this.#isEmpty && how !== 'marked') {
      throw new ModelspineError('malformed-reply', 'the stream ended without any event')
    }
    throw new ModelspineError('interrupted', 'the stream ended before it said why the answer was finished')
  }
}

function thought({ text, signature, redactedContent }: JsonRecord): ChatDelta | undefined {
  if (typeof text === 'string') return { type: 'reasoning-delta', text }
  if (typeof signature === 'string') {
    return { type: 'reasoning-delta', text: '', ...readSignature(signature, bedrockVendor) }
  }
  if (typeof redactedContent !== 'string') return undefined
  return { type: 'reasoning-delta', text: '', ...readRedacted(redactedContent) }
}

function malformed(name: string, what: string): ModelspineError {
  return new ModelspineError('malformed-reply', `the event ${name.slice(0, 100)} of the stream has ${what}`)
}
