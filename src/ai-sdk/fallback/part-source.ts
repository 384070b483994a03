import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider'
import type { Clock } from '../../clock.ts'
import { ModelspineError } from '../../errors.ts'
import { readRest } from '../read-rest.ts'
import { isBroken, isVisible, refuseBroken } from '../visible-output.ts'
import type { AskedModel } from './model-call.ts'

/** Parts that came together. The first piece has all parts up to the first output, and what the model said of the call. */
export interface Piece {
  readonly opened?: Omit<LanguageModelV4StreamResult, 'stream'>
  readonly parts: readonly LanguageModelV4StreamPart[]
}

type Reader = ReadableStreamDefaultReader<LanguageModelV4StreamPart>

/** So many parts without output are held back at most. After them the model counts as one that answers. */
const maxHeld = 1000

/**
 * The stream of one attempt. Before the first output, an error in it is a failed attempt. After the output, an error goes to
 * the caller as it is, and so do the parts after it, but then the stream fails and its `finish` says so. After the finish it
 * is no failure any more.
 */
export class PartSource implements AsyncIterableIterator<Piece> {
  readonly #asked: AskedModel<LanguageModelV4>
  readonly #options: LanguageModelV4CallOptions
  readonly #clock: Clock
  #reader: Reader | undefined
  #hasLeft = false
  /** Whether the finish has come. */
  #isWhole = false
  /** The first error in the stream between output and finish. */
  #error: { readonly cause: unknown } | undefined

  constructor(asked: AskedModel<LanguageModelV4>, options: LanguageModelV4CallOptions, clock: Clock) {
    this.#asked = asked
    this.#clock = clock
    this.#options = options
  }

  async next(): Promise<IteratorResult<Piece>> {
    try {
      if (this.#reader !== undefined) return await this.#one(this.#reader)
      const { stream, ...opened } = await this.#asked.model.doStream(this.#options)
      this.#reader = stream.getReader()
      if (this.#hasLeft) this.#cancel()
      return { done: false, value: { opened, parts: await this.#begin(this.#reader) } }
    } catch (cause) {
      this.#cancel()
      throw this.#asked.failure(cause)
    }
  }

  /** The router has left. A model that does not heed its abort is left, too. */
  async return(): Promise<IteratorResult<Piece>> {
    this.#hasLeft = true
    this.#cancel()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #begin(reader: Reader): Promise<readonly LanguageModelV4StreamPart[]> {
    const held: LanguageModelV4StreamPart[] = []
    while (held.length < maxHeld) {
      const { done, value: part } = await reader.read()
      if (done) throw new ModelspineError('interrupted', 'the stream ended before any output')
      if (part.type === 'error') throw part.error
      if (part.type === 'finish') refuseBroken(part.finishReason)
      held.push(part)
      if (isVisible(part)) break
    }
    this.#asked.hasOutput = true
    this.#isWhole = held.at(-1)?.type === 'finish'
    return held
  }

  async #one(reader: Reader): Promise<IteratorResult<Piece>> {
    const { done, value: part } = await (this.#isWhole ? this.#rest(reader) : reader.read())
    if (!done) return { done, value: { parts: [this.#seen(part)] } }
    if (this.#error !== undefined) throw this.#error.cause
    if (!this.#isWhole) throw new ModelspineError('interrupted', 'the stream ended without a finish')
    return { done: true, value: undefined }
  }

  /** The answer is whole. What breaks now is only the connection. */
  #rest(reader: Reader): ReturnType<Reader['read']> {
    return readRest(reader, this.#clock).catch(() => ({ done: true, value: undefined }))
  }

  #seen(part: LanguageModelV4StreamPart): LanguageModelV4StreamPart {
    if (part.type === 'error' && !this.#isWhole) this.#error ??= { cause: part.error }
    this.#isWhole ||= part.type === 'finish'
    if (part.type !== 'finish' || this.#error === undefined || isBroken(part.finishReason)) return part
    return { ...part, finishReason: { ...part.finishReason, unified: 'error' } }
  }

  /** Nobody waits for it, because a model that hangs must not block the caller. */
  #cancel(): void {
    this.#reader?.cancel().catch(() => {})
  }
}
