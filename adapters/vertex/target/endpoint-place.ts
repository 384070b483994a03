import {
  type ApplyOptions,
  type ApplyResult,
  acceptFence,
  type FenceRecord,
  type Key,
  ModelspineError,
} from 'modelspine/adapter'
import { operationReply } from '../../shared/google/google-operations.ts'
import type { VendorRequest } from '../../shared/vendor-client.ts'
import { wasNotSent } from '../../shared/vendor-reach.ts'
import type { VertexClient } from '../vertex-client.ts'
import { endpointReply } from './endpoint-replies.ts'
import {
  endpointName,
  readEndpointRequest,
  type TrafficSplit,
  writeLabelsRequest,
  writeSplitRequest,
} from './endpoint-requests.ts'
import { ownedBy, storeLabel } from './fence-labels.ts'
import { belongsTo, liveOf, type VertexEndpoint } from './live-endpoint.ts'
import { handleOf, type Operations, type Work } from './operations.ts'
import { notOurs, resultOf, statusOf, unlessAbsent } from './target-errors.ts'
import { endpointIdOf } from './target-names.ts'
import type { VertexTargetConfig } from './target-options.ts'

/** One deployment at Vertex. */
export interface VertexPlace {
  readonly key: Key
  readonly name: string
  readonly id: string
  /** Whether somebody else made the endpoint, and it is taken over. */
  readonly isTakenOver: boolean
  readonly config: VertexTargetConfig
  readonly client: VertexClient
  readonly operations: Operations
}

export function placeOf(
  key: Key,
  config: VertexTargetConfig,
  client: VertexClient,
  operations: Operations,
): VertexPlace {
  const given = config.endpoints.get(key)
  const id = given ?? endpointIdOf(key)
  return {
    key,
    name: endpointName(client.parent, id),
    id,
    isTakenOver: given !== undefined,
    config,
    client,
    operations,
  }
}

/** Undefined when there is none. */
export async function readEndpoint(
  { client, name }: VertexPlace,
  abortSignal: AbortSignal | undefined,
): Promise<VertexEndpoint | undefined> {
  const reply = await unlessAbsent(client.read(endpointReply, { ...readEndpointRequest(name), abortSignal }))
  return reply && liveOf(name, reply)
}

/** One call of the target that may send something. */
export class Mutation {
  private readonly place: VertexPlace
  private readonly call: Omit<ApplyOptions, 'secret'>
  /** Whether something may have reached Vertex. */
  hasSent = false

  constructor(place: VertexPlace, call: Omit<ApplyOptions, 'secret'>) {
    this.place = place
    this.call = call
  }

  /** Throws `fence-stale` and `fence-foreign`. The record is the one to keep. */
  fence(known: FenceRecord | undefined): FenceRecord {
    const store = storeLabel(this.call.store)
    const { fence, takeOver } = this.call
    return acceptFence(this.place.key, known, {
      fence,
      ...(store !== undefined && { store }),
      ...(takeOver !== undefined && { takeOver }),
    })
  }

  /**
   * The endpoint with our fence in its labels. Throws `target-refused` for one that is not ours, and `conflict` when
   * somebody wrote meanwhile.
   */
  async own(live: VertexEndpoint): Promise<VertexEndpoint> {
    const { key, isTakenOver } = this.place
    const isFree = live.owner === undefined && isTakenOver
    if (!isFree && !belongsTo(live, key)) throw notOurs(live.name, live.owner?.key)
    const known = live.owner?.fence
    const record = this.fence(known)
    if (!isFree && record.fence === known?.fence && record.store === known.store) return live
    return this.writeLabels(live, ownedBy(key, record, live.labels))
  }

  async writeLabels(live: VertexEndpoint, labels: VertexEndpoint['labels']): Promise<VertexEndpoint> {
    const request = writeLabelsRequest(live.name, live.etag, labels)
    return liveOf(live.name, await this.noted(this.client.read(endpointReply, this.abortable(request))))
  }

  async writeSplit(live: VertexEndpoint, split: TrafficSplit): Promise<ApplyResult> {
    const request = writeSplitRequest(live.name, live.etag, split)
    return this.sent(async () => {
      await this.noted(this.client.read(endpointReply, this.abortable(request)))
      return { kind: 'accepted' }
    })
  }

  /** Begins an operation, unless one runs: of a call whose answer was lost, or of somebody else. */
  async begin(request: VendorRequest, does: Work['does'], revision?: string): Promise<ApplyResult> {
    const { operations, name, id } = this.place
    if (await operations.isBusy(name, this.call.abortSignal)) return this.busy
    return this.sent(async () => {
      const operation = await this.noted(this.client.read(operationReply, this.abortable(request)))
      const { operationId } = this.call
      return {
        kind: 'accepted',
        handle: handleOf({ name: operation.name, endpoint: id, operationId, does, revision }),
        // A revision is deployed to an endpoint that is there.
        ...(does === 'create' && { unfinished: true }),
      }
    })
  }

  get busy(): Extract<ApplyResult, { kind: 'busy' }> {
    return { kind: 'busy', retryAfterMs: this.place.config.pollMs }
  }

  private get client(): VertexClient {
    return this.place.client
  }

  private abortable(request: VendorRequest): VendorRequest {
    return { ...request, abortSignal: this.call.abortSignal }
  }

  private async sent(send: () => Promise<ApplyResult>): Promise<ApplyResult> {
    try {
      return await send()
    } catch (error) {
      const result = resultOf(error, this.place.config.pollMs)
      if (result !== undefined) return result
      throw error
    }
  }

  private async noted<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      const known = await answer
      this.hasSent = true
      return known
    } catch (error) {
      if (!wasNotSent(error)) this.hasSent = true
      if (isEtagRefusal(error))
        throw new ModelspineError('conflict', `${this.place.name} was changed meanwhile`, { cause: error })
      throw error
    }
  }
}

/** Google's guide asks for ABORTED, and older services say FAILED_PRECONDITION. */
function isEtagRefusal(error: unknown): boolean {
  const status = statusOf(error)
  return status === 'ABORTED' || (status === 'FAILED_PRECONDITION' && /etag/i.test((error as Error).message))
}
