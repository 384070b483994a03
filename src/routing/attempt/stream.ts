import { ModelspineError } from '../../errors.ts'
import type { ChatEvent, ChatRequest } from '../../provider/contract.ts'
import type { UpstreamPicker } from '../strategies/picker.ts'
import type { Upstream } from '../table/route.ts'
import { attempt, missing, type Served, servedBy } from './attempts.ts'
import { failureOf } from './failure-reach.ts'
import type { RoutedRequest } from './routed-request.ts'

/** A stream whose upstream has begun to answer. From now on the upstream does not change. */
export interface RoutedStream extends Served {
  /**
   * Read the events once, one event at a time. The iterator ends only after the upstream's `finish` event. It
   * throws in every other case. Leaving it early (`break`, `return()`) ends the call to the upstream.
   */
  readonly events: AsyncIterableIterator<ChatEvent>
}

/**
 * How many events are read ahead to find the first content. After this many events the stream counts as
 * begun, even if none of them had content.
 */
const maxHeld = 32

/** Fails over only before the first content, never after it. */
export async function openStream(
  request: RoutedRequest,
  picker: UpstreamPicker,
  chat: Omit<ChatRequest, 'model'>,
): Promise<RoutedStream> {
  return await attempt(request, picker, async (upstream) => {
    const { provider } = upstream.connection
    if (provider.chatStream === undefined) throw missing(upstream, 'chatStream')
    const source = provider
      .chatStream({ ...chat, model: upstream.identity.model }, request.context)
      [Symbol.asyncIterator]()
    const events = new CommittedEvents(request, upstream, source)
    await events.commit()
    return { ...servedBy(request, upstream), events }
  })
}

class CommittedEvents implements AsyncIterableIterator<ChatEvent> {
  readonly #request: RoutedRequest
  readonly #upstream: Upstream
  readonly #source: AsyncIterator<ChatEvent>
  /** Events that `commit` read and that the caller has not received yet. */
  readonly #held: ChatEvent[] = []
  #finishSeen = false
  #reading = false
  #state: 'open' | 'complete' | 'ended' = 'open'

  constructor(request: RoutedRequest, upstream: Upstream, source: AsyncIterator<ChatEvent>) {
    this.#request = request
    this.#upstream = upstream
    this.#source = source
  }

  /** Reads up to the first content. If the upstream throws before that, throws the same error. */
  async commit(): Promise<void> {
    try {
      while (this.#held.length < maxHeld) {
        const event = await this.#read()
        if (event === undefined) break
        this.#held.push(event)
        if (isOutput(event)) break
      }
    } catch (cause) {
      this.#letGo()
      throw cause
    }
    this.#request.outputBegan()
  }

  async next(): Promise<IteratorResult<ChatEvent>> {
    if (this.#reading) throw new TypeError('read a stream one event at a time')
    const held = this.#held.shift()
    if (held !== undefined) return { done: false, value: held }
    if (this.#state !== 'open') return { done: true, value: undefined }
    this.#reading = true
    try {
      const event = await this.#read()
      return event === undefined ? { done: true, value: undefined } : { done: false, value: event }
    } catch (cause) {
      throw this.#fail(cause)
    } finally {
      this.#reading = false
    }
  }

  async return(): Promise<IteratorResult<ChatEvent>> {
    this.#held.length = 0
    if (this.#state === 'open') {
      this.#state = 'ended'
      this.#request.stop(new ModelspineError('aborted', 'the caller stopped reading the stream'))
      this.#letGo()
    }
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The next event. Undefined when the stream is complete: it has ended after a `finish` event. */
  async #read(): Promise<ChatEvent | undefined> {
    if (this.#request.stopped !== undefined) throw this.#request.stopped
    const step = await this.#request.untilStopped(this.#source.next())
    if (step.done === true) {
      if (!this.#finishSeen) throw unfinished(this.#upstream)
      this.#state = 'complete'
      this.#request.attemptSucceeded()
      this.#request.succeeded()
      return undefined
    }
    if (step.value.type === 'usage') this.#request.usage = step.value.usage
    if (step.value.type === 'finish') this.#finishSeen = true
    return step.value
  }

  #fail(cause: unknown): ModelspineError {
    this.#state = 'ended'
    const error = this.#request.stopped ?? failureOf(cause, this.#upstream)
    this.#request.attemptFailed(error)
    this.#request.failed(error)
    this.#letGo()
    return error
  }

  /** This does not wait for `return`, because an upstream that hangs must not block the caller. */
  #letGo(): void {
    this.#source.return?.().then(undefined, () => {})
  }
}

function isOutput(event: ChatEvent): boolean {
  if (event.type === 'text-delta') return event.text !== ''
  return event.type === 'tool-call-delta' || event.type === 'finish'
}

function unfinished(upstream: Upstream): ModelspineError {
  const message = `the stream of provider ${upstream.identity.provider} ended without a finish event`
  return new ModelspineError('interrupted', message)
}
