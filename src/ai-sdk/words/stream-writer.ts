import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import {
  type ChatEvent,
  type FinishReason,
  nativeObject,
  originalOf,
  type Usage,
} from '../../provider/contract.ts'
import { BlockWriter } from './block-writer.ts'
import { aiSdkDialect, type NativePart, type OpenedStream } from './dialect.ts'
import { writeFinish, writeUsage } from './usage.ts'
import type { AnswerFacts } from './write-reply.ts'

export interface StreamFacts extends AnswerFacts {
  /** The model's name, for an upstream that does not tell it in its stream. */
  readonly model: string
  /** Whether the caller asked for raw chunks. Nobody else gets them. */
  readonly wantsRaw: boolean
  /** What is added to the metadata of the end. */
  readonly metadata: SharedV4ProviderMetadata
}

type Part = LanguageModelV4StreamPart

/** What a model of the AI SDK told of the whole stream, if these are its first parts. */
export function openedBy(events: readonly ChatEvent[]): OpenedStream {
  const [first] = events
  const native = first && (nativeObject(first, aiSdkDialect) as NativePart | undefined)
  return native?.opened ?? {}
}

/**
 * Writes one stream for an app. As long as every part of a model of the AI SDK comes through, each is passed on as it
 * came. From the first one on that was edited or held back, what the words of chat say is written, because a part that
 * says nothing in these words, such as a raw chunk or a whole call, might still hold what was taken away.
 */
export class AiSdkStreamWriter {
  readonly #facts: StreamFacts
  readonly #blocks: BlockWriter
  #hasBegun = false
  #isFinished = false
  /** Whether the caller was told the name of the model. Else it would take the name of the route for it. */
  #isNamed = false
  /** The place of the next part of the model. Undefined once something was missing. */
  #next: number | undefined = 0
  /** A raw chunk and what came after it. It goes out when all that was made of the chunk has come through. */
  #group: Part[] = []
  #usage: Usage = {}
  #finishReason: FinishReason = 'other'

  constructor(facts: StreamFacts) {
    this.#facts = facts
    this.#blocks = new BlockWriter(facts.requestId)
  }

  /** Whether the answer is whole, so that no error can change it. */
  get isFinished(): boolean {
    return this.#isFinished
  }

  write(events: readonly ChatEvent[]): readonly Part[] {
    return events.flatMap((event) => {
      const native = nativeObject(event, aiSdkDialect) as NativePart | undefined
      if (native !== undefined && native.place === this.#next) return this.#passOn(native)
      return [...this.#breakOff(), ...this.#begin(event), ...this.#say(event, native)]
    })
  }

  /** What the stream ends with. Call it only for a complete stream. */
  end(): readonly Part[] {
    const held = this.#release()
    if (this.#isFinished) return held
    this.#isFinished = true
    const { metadata: providerMetadata } = this.#facts
    const usage = writeUsage(this.#usage)
    const finish: Part = {
      type: 'finish',
      usage,
      finishReason: writeFinish(this.#finishReason),
      providerMetadata,
    }
    return [...held, ...this.#blocks.closeAll(), ...this.#name(), finish]
  }

  #passOn({ part, place, block }: NativePart): readonly Part[] {
    this.#next = place + 1
    this.#hasBegun = true
    this.#isNamed ||= part.type === 'response-metadata' && part.modelId !== undefined
    if (block !== undefined) this.#blocks.passed(part, block)
    if (part.type === 'finish') return [...this.#release(), ...this.#finish(part)]
    if (!this.#facts.wantsRaw) return part.type === 'raw' ? [] : [part]
    const out = part.type === 'raw' ? this.#release() : []
    this.#group.push(part)
    return this.#group[0]?.type === 'raw' ? out : this.#release()
  }

  #finish(part: Part & { readonly type: 'finish' }): readonly Part[] {
    this.#isFinished = true
    const providerMetadata = { ...part.providerMetadata, ...this.#facts.metadata }
    return [...this.#name(), { ...part, providerMetadata }]
  }

  /** The name of the model, if nobody told it. */
  #name(): readonly Part[] {
    return this.#isNamed ? [] : [{ type: 'response-metadata', modelId: this.#facts.model }]
  }

  #release(): readonly Part[] {
    const held = this.#group
    this.#group = []
    return held
  }

  /** From now on no part is passed on unseen. */
  #breakOff(): readonly Part[] {
    this.#next = undefined
    return this.#release().filter(({ type }) => type !== 'raw')
  }

  /** How a stream begins whose upstream is no model of the AI SDK. */
  #begin(event: ChatEvent): readonly Part[] {
    if (this.#hasBegun) return []
    this.#hasBegun = true
    this.#isNamed = true
    const isOfModel = originalOf(event, aiSdkDialect) !== undefined
    const { uncarried, requestId: id, model: modelId, timestamp } = this.#facts
    return [
      { type: 'stream-start', warnings: isOfModel ? [] : [...uncarried] },
      { type: 'response-metadata', id, modelId, timestamp },
    ]
  }

  /** What the event says in the words of chat. */
  #say(event: ChatEvent, native: NativePart | undefined): readonly Part[] {
    const out: Part[] = []
    for (const part of event.parts) {
      if (part.type === 'usage') this.#usage = part.usage
      else if (part.choice !== 0) continue
      else if (part.type !== 'finish') out.push(...this.#blocks.write(part))
      else {
        this.#finishReason = part.finishReason
        out.push(...this.#blocks.closeAll())
      }
    }
    const type = native?.part.type
    if (native?.part.type === 'ping') out.push(native.part)
    if (
      native?.block !== undefined &&
      (type === 'text-end' || type === 'reasoning-end' || type === 'tool-call')
    ) {
      out.push(...this.#blocks.close(native.block))
    }
    return out
  }
}
