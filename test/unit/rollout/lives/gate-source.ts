import { ModelspineError } from '../../../../src/errors.ts'
import type { MetricQuery, MetricReading } from '../../../../src/telemetry/contract.ts'
import type { GateMode } from './world.ts'

/** The reading that makes a gate with `atLeast: 0.9` and 20 to 100 `minSamples` come to this verdict. */
export function readingOf(mode: GateMode, { interval }: MetricQuery, sinceMs: number): MetricReading {
  const covered = { fromMs: Math.max(interval.fromMs, sinceMs), toMs: interval.toMs }
  switch (mode) {
    case 'pass':
      return { kind: 'ratio', hits: 1_000, total: 1_000, covered }
    case 'fail':
      // A number that no test can use counts at the end of the step only.
      return { kind: 'value', value: 0.8, count: 100, covered }
    case 'fail-early':
      return { kind: 'ratio', hits: 0, total: 1_000, covered }
    case 'undecided':
      return { kind: 'ratio', hits: 90, total: 100, covered }
    case 'too-few-samples':
      return { kind: 'ratio', hits: 10, total: 10, covered }
    case 'no-data':
      return { kind: 'no-data', covered }
    case 'too-old':
      return {
        kind: 'ratio',
        hits: 1_000,
        total: 1_000,
        covered: { ...covered, fromMs: interval.fromMs - 60_000 },
      }
    case 'error':
      throw new ModelspineError('metric-error', 'no answer')
  }
}
