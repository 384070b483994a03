import type { ObservedOperation } from 'modelspine/adapter'
import { isInFlight, type LiveEndpoint } from './live-endpoint.ts'

/** A mutation that runs for a while at SageMaker, as its handle tells it. A shift names its revision. */
export interface SentOperation {
  readonly kind: 'create' | 'update' | 'weights' | `shift:${string}`
  /** The config that it was to bring. That of weights is the one that runs. */
  readonly config: string
  /** When the endpoint was last modified before it. 0 for a new endpoint. */
  readonly afterMs: number
  readonly operationId: string
}

export function handleOf({ kind, config, afterMs, operationId }: SentOperation): string {
  return [kind, config, afterMs, operationId].join(' ')
}

export function sentOf(handle: string): SentOperation | undefined {
  const [, kind, config = '', after, operationId = ''] =
    /^(create|update|weights|shift:\S+) (\S+) (\d+) (.+)$/s.exec(handle) ?? []
  if (kind === undefined) return undefined
  return { kind: kind as SentOperation['kind'], config, afterMs: Number(after), operationId }
}

export function lastSent(handles: readonly string[]): SentOperation | undefined {
  return handles.map(sentOf).findLast((each) => each !== undefined)
}

/**
 * What became of the operation that was sent last. SageMaker takes an update back without a word, and says InService
 * again. So what runs is compared with what was meant.
 */
export function operationsOf(
  handles: readonly string[],
  live: LiveEndpoint | undefined,
): readonly ObservedOperation[] {
  const sent = lastSent(handles)
  if (sent === undefined || live === undefined) return []
  const { operationId } = sent
  // A description from before the operation knows nothing of it.
  if (isInFlight(live) || live.modifiedMs <= sent.afterMs) return [{ operationId, state: 'running' }]
  const why = failureOf(sent, live)
  return [
    why === undefined ? { operationId, state: 'succeeded' } : { operationId, state: 'failed', reason: why },
  ]
}

function failureOf({ kind, config }: SentOperation, live: LiveEndpoint): string | undefined {
  const said = live.failure === undefined ? '' : `: ${live.failure}`
  if (live.status === 'Failed' || live.status === 'UpdateRollbackFailed') return `${live.status}${said}`
  if (kind !== 'weights' && live.config !== config) {
    return `RolledBack: the endpoint runs the config ${live.config}, and not ${config}${said}`
  }
  return kind === 'weights' && live.failure !== undefined ? `NotScaled${said}` : undefined
}
