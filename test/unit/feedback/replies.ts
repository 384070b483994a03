import type { InferReply } from '../../../src/provider/contract.ts'
import type { AttemptRecord } from '../../../src/telemetry/contract.ts'

export function tensorReply(
  ...outputs: readonly (readonly [name: string, ...data: unknown[]])[]
): InferReply {
  return {
    kind: 'tensors',
    outputs: outputs.map(([name, ...data]) => ({ name, datatype: 'INT64', shape: [data.length], data })),
  }
}

export function jsonReply(body: unknown): InferReply {
  return {
    kind: 'bytes',
    contentType: 'application/json',
    bytes: new TextEncoder().encode(JSON.stringify(body)),
  }
}

/** An attempt that `default/churn`, revision `one`, answered. */
export function answered(
  requestId: string,
  endedAtMs: number,
  reply?: InferReply,
  upstream: AttemptRecord['upstream'] = {
    deployment: 'default/churn',
    revision: 'one',
    provider: 'open-inference',
    model: 'churn',
  },
): AttemptRecord {
  const record = {
    requestId,
    kind: 'first',
    route: 'default/churn',
    actor: { name: 'anonymous' },
    upstream,
    startedAtMs: endedAtMs - 5,
    endedAtMs,
    operation: 'infer',
    durationMs: 5,
    outcome: 'ok',
    usage: {},
  } as const
  return reply === undefined ? record : { ...record, reply }
}
