import type { RequestRecord, RequestStart } from '../../../src/telemetry/contract.ts'

export function requestStart(fields: Partial<RequestStart> = {}): RequestStart {
  return {
    requestId: 'request-1',
    route: 'default/churn',
    operation: 'chat',
    actor: { name: 'tester' },
    startedAtMs: Date.UTC(2026, 0, 1),
    streamed: false,
    ...fields,
  }
}

/** The record of a request that `default/churn`, revision `one`, answered after 20 ms. */
export function requestRecord(fields: Partial<RequestRecord> = {}): RequestRecord {
  return {
    ...requestStart(),
    durationMs: 20,
    attempts: 1,
    upstream: { deployment: 'default/churn', revision: 'one', provider: 'openai', model: 'some-model' },
    outcome: 'ok',
    usage: {},
    ...fields,
  }
}
