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

/** An answered request that is still remembered. */
export interface RememberedRequest {
  readonly requestId: string
  /** Absent when the caller gave none, or one that is too long to be remembered. */
  callerId: string | undefined
  readonly atMs: number
  readonly deployment: Key | undefined
  readonly revision: string | undefined
  /** Another revision of the deployment had failed it before. */
  readonly retried: boolean
  reply: KeptReply | undefined
  /** `dropped`: there was a reply, but it is not kept. */
  replyState: 'none' | 'kept' | 'dropped'
  bytes: number
  labelled: boolean
  rated: boolean
  /** The metrics of the outcomes that the request has already. */
  outcomes: Set<string> | undefined
}

/** As long as the gateway takes them. A longer one of another caller would cost too much memory. */
const longestCallerId = 128

/** The remembered requests to which callers gave the same id. */
interface Namesakes {
  count: number
  /** The request, if no other one had the id. */
  only: RememberedRequest | undefined
}

/**
 * The newest answered requests, in a ring: which upstream answered, and when. For fewer of them the reply is
 * kept, too. The oldest requests are dropped first. A request's reply is dropped before the request. So a
 * label that comes too late can be told from a label for a request that never existed.
 */
export class RequestMemory {
  readonly #options: RequestMemoryOptions
  readonly #ring: (RememberedRequest | undefined)[]
  readonly #byId: Map<string, RememberedRequest> = new Map()
  /** By the id that callers gave. Several requests may have the same one. */
  readonly #byCallerId: Map<string, Namesakes> = new Map()
  /** The place for the next request. When the ring is full, the oldest request is at this place. */
  #next = 0
  /** The place of the oldest reply, or a place before it: no reply is older than this place. */
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

  /** By our id, or by the id that the caller gave if no other remembered request had it. */
  find(id: string): RememberedRequest | undefined {
    return this.#byId.get(id) ?? this.#byCallerId.get(id)?.only
  }

  remember({ requestId, callerId, endedAtMs, upstream, retriedFrom, reply }: AttemptRecord): void {
    const { maxRequests } = this.#options
    const place = this.#next
    this.#next = (place + 1) % maxRequests
    this.#forget(place)
    const request: RememberedRequest = {
      requestId,
      callerId: undefined,
      atMs: endedAtMs,
      deployment: upstream.deployment,
      revision: upstream.revision,
      retried: retriedFrom !== undefined && retriedFrom !== upstream.revision,
      reply: undefined,
      replyState: 'none',
      bytes: 0,
      labelled: false,
      rated: false,
      outcomes: undefined,
    }
    this.#ring[place] = request
    this.#byId.set(requestId, request)
    if (callerId !== undefined && callerId.length <= longestCallerId) this.#name(callerId, request)
    if (reply !== undefined) this.#keep(request, reply)
  }

  /** Call this when the request's reply is not needed any more. */
  dropReply(request: RememberedRequest): void {
    if (request.replyState !== 'kept') return
    request.reply = undefined
    request.replyState = 'dropped'
    this.#replies -= 1
    this.#bytes -= request.bytes
  }

  #name(callerId: string, request: RememberedRequest): void {
    request.callerId = callerId
    const namesakes = this.#byCallerId.get(callerId)
    if (namesakes === undefined) this.#byCallerId.set(callerId, { count: 1, only: request })
    else {
      namesakes.count += 1
      // Several attempts of one request may be answered.
      namesakes.only = namesakes.only?.requestId === request.requestId ? request : undefined
    }
  }

  #unname(callerId: string): void {
    const namesakes = this.#byCallerId.get(callerId)
    if (namesakes === undefined) return
    namesakes.count -= 1
    if (namesakes.count === 0) this.#byCallerId.delete(callerId)
  }

  #forget(place: number): void {
    const old = this.#ring[place]
    if (old === undefined) return
    this.dropReply(old)
    if (this.#byId.get(old.requestId) === old) this.#byId.delete(old.requestId)
    if (old.callerId !== undefined) this.#unname(old.callerId)
    if (this.#oldestReply === place) this.#oldestReply = this.#next
  }

  #keep(request: RememberedRequest, reply: InferReply): void {
    const { maxPredictions, maxPredictionBytes } = this.#options
    request.replyState = 'dropped'
    if (maxPredictions === 0) return
    const kept = keepReply(reply, maxPredictionBytes)
    if (kept === undefined) return
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
