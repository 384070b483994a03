import { seededRandom } from '../../src/clock.ts'
import type { GateResult } from '../../src/resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../src/resources/deployment/model-deployment.ts'
import { judgeGate } from '../../src/rollout/gates/judge-gate.ts'
import type { MetricReading } from '../../src/telemetry/contract.ts'

/** One look at a gate. */
export interface Look {
  /** Requests of both revisions together. */
  readonly requests: number
  readonly result: GateResult
}

/** At most one point worse than stable. */
export const watchedGate: AnalysisGate = {
  name: 'errors',
  metric: 'requests.errors',
  source: 'plane',
  minSamples: 1,
  pass: { noWorseThan: 'stable', by: 0.01, better: 'lower' },
  noData: 'pause',
  onError: 'pause',
  detect: 0.02,
}

const [stableErrors, candidateErrors] = [0.01, 0.04]
const everyRequests = 40
const mostRequests = 20_000
const seed = 3

/** Every look of one seeded run, whose candidate fails more often, until the gate fails or passes. */
export function watchedRun(): readonly Look[] {
  const random = seededRandom(seed)
  const [ours, theirs] = [
    { hits: 0, total: 0 },
    { hits: 0, total: 0 },
  ]
  const context = { alpha: 0.05, share: 0.5, fromMs: 0, basis: { value: stableErrors, samples: 5000 } }
  const looks: Look[] = []
  for (let requests = 1; requests <= mostRequests; requests += 1) {
    const [counts, share] = random() < 0.5 ? [ours, candidateErrors] : [theirs, stableErrors]
    counts.total += 1
    if (random() < share) counts.hits += 1
    if (requests % everyRequests !== 0) continue
    const result = judgeGate(watchedGate, reading(ours, requests), reading(theirs, requests), context)
    looks.push({ requests, result })
    if (result.conclusive) break
  }
  return looks
}

function reading(counts: { readonly hits: number; readonly total: number }, toMs: number): MetricReading {
  return { kind: 'ratio', ...counts, covered: { fromMs: 0, toMs } }
}
