import type { Key } from '../resources/metadata.ts'
import type { MetricSource } from '../telemetry/contract.ts'
import type { Serving } from './decision.ts'

/** Long enough that a deployment which nothing happens to is looked at once meanwhile. */
const recentMs = 60_000

/** How requests to a revision went in the last minute. Undefined where that is not known: it hinders nothing. */
export async function readServing(
  requests: MetricSource | undefined,
  deployment: Key,
  revision: string | undefined,
  nowMs: number,
): Promise<Serving | undefined> {
  if (requests === undefined || revision === undefined) return undefined
  try {
    const reading = await requests.query({
      metric: 'requests.errors',
      labels: { deployment, revision },
      interval: { fromMs: nowMs - recentMs, toMs: nowMs },
    })
    if (reading.kind === 'no-data') return { revision, failed: 0, total: 0 }
    return reading.kind === 'ratio' ? { revision, failed: reading.hits, total: reading.total } : undefined
  } catch {
    return undefined
  }
}
