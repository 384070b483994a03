import { ModelspineError } from '../../../errors.ts'
import { isRecord, type JsonRecord } from '../../../json.ts'
import { type ChatDelta, type ChatEvent, type ChatEventPart, Native } from '../../../provider/contract.ts'
import type { ChatStreamEnd, ChatStreamReader, ErrorOf } from '../../chat-codec.ts'
import { holdsError, parseAnswer } from '../../openai/body-text.ts'
import { anthropicDialect } from '../vendor.ts'
import { BlockReader } from './block-reader.ts'
import { readStop } from './stop-reason.ts'
import { mergedUsage, readUsage } from './usage.ts'

/** The last event, when it says nothing else. */
const stop = /^\s*\{\s*"type"\s*:\s*"message_stop"\s*\}\s*$/

/** Reads a stream of messages. */
export class AnthropicStreamReader implements ChatStreamReader {
  readonly #errorOf: ErrorOf
  readonly #blocks = new Map<number, BlockReader>()
  #usage: JsonRecord = {}
  #hasBegun = false
  #isFinished = false
  #isStopped = false

  constructor(errorOf: ErrorOf) {
    this.#errorOf = errorOf
  }

  isEnd(_name: string, data: string): boolean {
    return data.length < 100 && stop.test(data)
  }

  read(name: string, data: string): ChatEvent | undefined {
    if (data === '' || name === 'ping') return undefined
    const body = parseAnswer(data, 'an event of the stream')
    if (name === 'error' || holdsError(body)) throw this.#errorOf(body)
    if (!isRecord(body) || typeof body.type !== 'string') throw malformed('no type')
    if (body.type === 'ping') return undefined
    const parts = this.#parts(body)
    return Native.bind({ native: new Native(anthropicDialect, data, body), parts })
  }

  #parts(body: JsonRecord): readonly ChatEventPart[] {
    switch (body.type) {
      case 'message_start':
        return this.#start(body.message)
      case 'content_block_start':
        return this.#placed(body, this.#opened(body))
      case 'content_block_delta':
        if (!isRecord(body.delta)) throw malformed('no delta')
        return this.#placed(body, this.#block(body).delta(body.delta))
      case 'content_block_stop':
        return this.#placed(body, this.#block(body).stop())
      case 'message_delta':
        return this.#end(body)
      case 'message_stop':
        this.#isStopped = true
        return nothing
      default:
        return nothing
    }
  }

  /** The output so far is not that of the answer, so only the prompt's tokens are told. */
  #start(message: unknown): readonly ChatEventPart[] {
    this.#hasBegun = true
    const usage = isRecord(message) && isRecord(message.usage) ? message.usage : {}
    const { output_tokens: _output, output_tokens_details: _details, ...prompt } = usage
    this.#usage = prompt
    const read = readUsage(prompt)
    return Object.keys(read).length === 0 ? nothing : [{ type: 'usage', usage: read }]
  }

  #opened(body: JsonRecord): readonly ChatDelta[] {
    if (!isRecord(body.content_block)) throw malformed('no content_block')
    this.#hasBegun = true
    const block = new BlockReader(body.content_block)
    this.#blocks.set(indexOf(body), block)
    return block.start()
  }

  #block(body: JsonRecord): BlockReader {
    const block = this.#blocks.get(indexOf(body))
    if (block === undefined) throw malformed('the index of a block that has not begun')
    return block
  }

  #placed(body: JsonRecord, deltas: readonly ChatDelta[]): readonly ChatEventPart[] {
    if (deltas.length === 0) return nothing
    const block = indexOf(body)
    return deltas.map((delta) => ({ ...delta, choice: 0, block }))
  }

  #end({ delta, usage }: JsonRecord): readonly ChatEventPart[] {
    this.#usage = mergedUsage(this.#usage, usage)
    const told: ChatEventPart = { type: 'usage', usage: readUsage(this.#usage) }
    const reason = isRecord(delta) ? delta.stop_reason : undefined
    if (!isRecord(delta) || typeof reason !== 'string' || this.#isFinished) return [told]
    this.#isFinished = true
    return [{ type: 'finish', choice: 0, ...readStop(reason, delta.stop_sequence) }, told]
  }

  end(how: ChatStreamEnd): readonly ChatEvent[] {
    if (this.#isFinished) return []
    if (how !== 'marked' && !this.#hasBegun) {
      throw new ModelspineError('malformed-reply', 'the stream ended without any event')
    }
    // Every server of this format says how the answer ended. A proxy may end a stream properly whose upstream broke off.
    if (how !== 'marked' && !this.#isStopped) {
      throw new ModelspineError('interrupted', 'the stream ended before it said that the answer was finished')
    }
    this.#isFinished = true
    const finish = { type: 'finish', choice: 0, finishReason: 'other' } as const
    // What was told of the prompt would look like all that was used.
    const unknown = { type: 'usage', usage: {} } as const
    // The vendor said nothing more, so there is no text to pass on.
    return [Native.bind({ native: new Native(anthropicDialect, ''), parts: [finish, unknown] })]
  }
}

const nothing: readonly ChatEventPart[] = []

function indexOf({ index }: JsonRecord): number {
  if (typeof index === 'number') return index
  throw malformed('no index')
}

function malformed(what: string): ModelspineError {
  return new ModelspineError('malformed-reply', `an event of the stream has ${what}`)
}
