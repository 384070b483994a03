import type { InferReply } from '../provider/contract.ts'
import type { Key } from '../resources/metadata.ts'
import type { AttemptRecord } from '../telemetry/contract.ts'
import { checkBound } from './check-bound.ts'
import { type KeptReply, keepReply } from './keep-reply.ts'

export interface RequestMemoryOptions {
  readonly maxRequests: number
  readonly maxPredictions: number
  readonly maxPredictionBytes: number
}

/** An answered request, for as long as it is remembered. */
export interface RememberedRequest {
  readonly requestId: string
  readonly atMs: number
  readonly deployment: Key | undefined
  readonly revision: string | undefined
  reply: KeptReply | undefined
  /** `dropped`: there was a reply, and it made room for newer ones. */
  replyState: 'none' | 'kept' | 'dropped'
  bytes: number
  labelled: boolean
  rated: boolean
  /** Names of outcomes that came. */
  outcomes: Set<string> | undefined
}

/**
 * The newest answered requests, in a ring: who answered and when, and of fewer of them the reply, as it came. The
 * oldest go first, replies before the rest, so that a label that comes too late is told from one for a request that
 * never was.
 */
export class RequestMemory {
  readonly #options: RequestMemoryOptions
  readonly #ring: (RememberedRequest | undefined)[]
  readonly #byId: Map<string, RememberedRequest> = new Map()
  /** Where the next request goes, which is where the oldest one is once the ring is full. */
  #next = 0
  /** No reply is older than the one here. */
  #oldestReply = 0
  #replies = 0
  #bytes = 0

  /** Throws `invalid-options`. */
  constructor(options: RequestMemoryOptions) {
    checkBound('maxRequests', options.maxRequests, 1)
    checkBound('maxPredictions', options.maxPredictions, 0)
    checkBound('maxPredictionBytes', options.maxPredictionBytes, 0)
    this.#options = options
    this.#ring = []
  }

  get replies(): number {
    return this.#replies
  }

  get bytes(): number {
    return this.#bytes
  }

  find(requestId: string): RememberedRequest | undefined {
    return this.#byId.get(requestId)
  }

  /** The same id again stands for the newer request. */
  remember({ requestId, endedAtMs, upstream, reply }: AttemptRecord): void {
    const { maxRequests } = this.#options
    const place = this.#next
    this.#next = (place + 1) % maxRequests
    this.#forget(place)
    const request: RememberedRequest = {
      requestId,
      atMs: endedAtMs,
      deployment: upstream.deployment,
      revision: upstream.revision,
      reply: undefined,
      replyState: 'none',
      bytes: 0,
      labelled: false,
      rated: false,
      outcomes: undefined,
    }
    this.#ring[place] = request
    this.#byId.set(requestId, request)
    if (reply !== undefined) this.#keep(request, reply)
  }

  /** Its reply is not needed any more. */
  dropReply(request: RememberedRequest): void {
    if (request.replyState !== 'kept') return
    request.reply = undefined
    request.replyState = 'dropped'
    this.#replies -= 1
    this.#bytes -= request.bytes
  }

  #forget(place: number): void {
    const old = this.#ring[place]
    if (old === undefined) return
    this.dropReply(old)
    if (this.#byId.get(old.requestId) === old) this.#byId.delete(old.requestId)
    if (this.#oldestReply === place) this.#oldestReply = this.#next
  }

  #keep(request: RememberedRequest, reply: InferReply): void {
    const { maxPredictions, maxPredictionBytes } = this.#options
    request.replyState = 'dropped'
    if (maxPredictions === 0) return
    const kept = keepReply(reply)
    if (kept.bytes > maxPredictionBytes) return
    while (this.#replies >= maxPredictions || this.#bytes + kept.bytes > maxPredictionBytes) {
      const oldest = this.#ring[this.#oldestReply]
      this.#oldestReply = (this.#oldestReply + 1) % this.#options.maxRequests
      if (oldest !== undefined) this.dropReply(oldest)
    }
    request.reply = kept.reply
    request.replyState = 'kept'
    request.bytes = kept.bytes
    this.#replies += 1
    this.#bytes += kept.bytes
  }
}
