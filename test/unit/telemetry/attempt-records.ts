import type { AttemptRecord } from '../../../src/telemetry/contract.ts'

/** An attempt that `default/churn`, revision `one`, answered after 20 ms. */
export function attemptRecord(
  fields: Partial<AttemptRecord> & Pick<AttemptRecord, 'endedAtMs'>,
  revision = 'one',
): AttemptRecord {
  const { endedAtMs, durationMs = 20 } = fields
  return {
    kind: 'first',
    route: 'default/churn',
    actor: { name: 'anonymous' },
    startedAtMs: endedAtMs - durationMs,
    requestId: `request-${fields.endedAtMs}`,
    upstream: { deployment: 'default/churn', revision, provider: 'open-inference', model: 'churn' },
    operation: 'infer',
    durationMs: 20,
    outcome: 'ok',
    usage: {},
    ...fields,
  }
}
