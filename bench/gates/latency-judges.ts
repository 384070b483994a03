import type { AnalysisGate } from '../../src/resources/deployment/model-deployment.ts'
import { type Sample, sampleOf } from '../../src/rollout/gates/evidence/sample.ts'
import { gateAim } from '../../src/rollout/gates/gate-aim.ts'
import { judgeSamples } from '../../src/rollout/gates/judging/judge-samples.ts'
import { drawNormal } from '../../src/rollout/gates/price/draw-binomial.ts'
import { histogramQuantile } from '../../src/telemetry/contract/histogram-quantile.ts'
import type { HistogramReading } from '../../src/telemetry/contract.ts'
import { cellOf, histogramBounds, histogramCells } from '../../src/windows/histogram.ts'
import { levels } from './error-judges.ts'
import type { Course, Judge } from './races.ts'
import { watchedGate } from './watched-run.ts'

/** Latencies of one revision up to a look, as the plane's own metric keeps them. */
export interface Latencies {
  total: number
  readonly counts: number[]
}

/** Of the logarithms of latencies. */
const deviation = 0.5
/** So many deviations above the median lies the 95th percentile. */
const upperNormal = 1.6449

/** Log-normal latencies with these 95th percentiles, in milliseconds. */
export function latencyCourse(p95s: Readonly<Record<'candidate' | 'stable', number>>): Course<Latencies> {
  return {
    start: () => ({ total: 0, counts: Array.from({ length: histogramCells }, () => 0) }),
    meet(latencies, revision, random) {
      const cell = cellOf(p95s[revision] * Math.exp(deviation * (drawNormal(random) - upperNormal)))
      latencies.total += 1
      latencies.counts[cell] = (latencies.counts[cell] as number) + 1
    },
  }
}

const gate: AnalysisGate = {
  ...watchedGate,
  name: 'latency',
  metric: 'requests.latency.p95',
  pass: { noWorseThan: 'stable', by: 0, better: 'lower' },
  detect: 60,
}

/** The test that a gate `noWorseThan: stable` with `detect: 60` is judged by. */
export const ours: Judge<Latencies> = (candidate, stable, before) => {
  const sample = sampleOf(reading(candidate), 'lower') as Sample
  const aim = gateAim(gate, sample, { value: p95(before), samples: before.total })
  const judged = judgeSamples(sample, sampleOf(reading(stable), 'lower'), { aim, share: 0.5 }, levels)
  return judged?.verdict === 'fail'
}

const fewest = 200

/** As many tools do it: a tenth more than stable, from 200 samples on. */
export const threshold: Judge<Latencies> = (candidate, stable) =>
  candidate.total >= fewest && p95(candidate) > 1.1 * p95(stable)

function reading({ counts }: Latencies): HistogramReading {
  return {
    kind: 'histogram',
    quantile: 0.95,
    bounds: histogramBounds,
    counts,
    covered: { fromMs: 0, toMs: 60_000 },
  }
}

function p95(latencies: Latencies): number {
  return histogramQuantile(reading(latencies))
}
