import type { Key } from '../../resources/metadata.ts'
import type { MetricSource } from '../../telemetry/contract.ts'
import type { Serving } from '../machine/machine-types.ts'

const leastMs = 60_000

/**
 * How requests to a revision went lately. The interval surely includes the time since the last look, which is
 * up to `lookMs` and its jitter ago. Undefined when this is not known; the rollout then goes on without it.
 */
export async function readServing(
  requests: MetricSource | undefined,
  deployment: Key,
  revision: string | undefined,
  { nowMs, lookMs }: { readonly nowMs: number; readonly lookMs: number },
): Promise<Serving | undefined> {
  if (requests === undefined || revision === undefined) return undefined
  try {
    const reading = await requests.query({
      metric: 'requests.errors',
      labels: { deployment, revision },
      interval: { fromMs: nowMs - Math.max(leastMs, 2 * lookMs), toMs: nowMs },
    })
    if (reading.kind === 'no-data') return { revision, failed: 0, total: 0 }
    return reading.kind === 'ratio' ? { revision, failed: reading.hits, total: reading.total } : undefined
  } catch {
    return undefined
  }
}
