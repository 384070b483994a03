import { seededRandom } from '../../src/clock.ts'
import type { AnalysisGate } from '../../src/resources/deployment/model-deployment.ts'
import type { TestOptions } from '../../src/rollout/gates/choose-test.ts'
import { type Sample, sampleOf } from '../../src/rollout/gates/evidence/sample.ts'
import { betterOf, gateAim } from '../../src/rollout/gates/gate-aim.ts'
import type { JudgeContext } from '../../src/rollout/gates/judge-context.ts'
import { judgeGate } from '../../src/rollout/gates/judge-gate.ts'
import { judgeSamples } from '../../src/rollout/gates/judging/judge-samples.ts'
import { drawBinomial, drawNormal } from '../../src/rollout/gates/price/draw-binomial.ts'
import type { MetricReading } from '../../src/telemetry/contract.ts'
import { cellOf, histogramBounds, histogramCells } from '../../src/windows/histogram.ts'
import type { BenchRow } from '../bench.ts'
import { watchedGate } from './watched-run.ts'

type Read = Exclude<MetricReading, { kind: 'no-data' }>

interface Pair {
  readonly candidate: Read
  readonly stable?: Read
}

interface Judged {
  readonly method: string
  readonly gate: AnalysisGate
  readonly basis?: number
  /** Draws what was measured of one revision. `worse` is 0 for one like stable, and 1 for one that breaks the rule. */
  readonly draw: (total: number, worse: number, random: () => number) => Read
}

const covered = { fromMs: 0, toMs: 60_000 }
const beside = { noWorseThan: 'stable', better: 'lower' } as const

const ratio: Judged['draw'] = (total, worse, random) => ({
  kind: 'ratio',
  hits: drawBinomial(total, 0.01 + 0.02 * worse, random),
  total,
  covered,
})

/** Values between 0 and 1 with a deviation of 0.2, as sums. */
const values: Judged['draw'] = (count, worse, random) => {
  const mean = 0.4 + 0.04 * worse + (0.2 * drawNormal(random)) / Math.sqrt(count)
  return { kind: 'distribution', count, sum: count * mean, sumSquares: count * (mean * mean + 0.04), covered }
}

const latencies: Judged['draw'] = (total, worse, random) => {
  const counts = Array.from({ length: histogramCells }, () => 0)
  // A thousand draws are enough to make each histogram another one.
  for (let draw = 0; draw < 1000; draw += 1) {
    const cell = cellOf((90 + 60 * worse) * Math.exp(0.5 * drawNormal(random)))
    counts[cell] = (counts[cell] as number) + total / 1000
  }
  return { kind: 'histogram', quantile: 0.95, bounds: histogramBounds, counts, covered }
}

const events: Judged['draw'] = (total, worse, random) => ({
  kind: 'events',
  events: drawBinomial(total, 0.01 + 0.02 * worse, random),
  exposureMs: 1000 * total,
  covered,
})

const all: readonly Judged[] = [
  { method: 'plain', gate: { ...watchedGate, compare: 'raw' }, draw: ratio },
  { method: 'proportions', gate: watchedGate, basis: 0.01, draw: ratio },
  { method: 'proportion', gate: { ...watchedGate, pass: { atMost: 0.02 } }, draw: ratio },
  {
    method: 'asymptotic-means',
    gate: { ...watchedGate, pass: { ...beside, by: 0.02 }, detect: 0.04 },
    basis: 0.4,
    draw: values,
  },
  {
    method: 'bounded-means',
    gate: { ...watchedGate, pass: { ...beside, by: 0.02 }, detect: 0.04, range: { min: 0, max: 1 } },
    basis: 0.4,
    draw: values,
  },
  {
    method: 'quantiles',
    gate: { ...watchedGate, pass: { ...beside, by: 10 }, detect: 60 },
    basis: 200,
    draw: latencies,
  },
  { method: 'rates', gate: watchedGate, basis: 0.01, draw: events },
]

/** Samples of both revisions together. */
const sizes = [1000, 100_000]
/** Different numbers, so that nothing is judged twice in a row. */
const different = 64
const alpha = 0.05

/**
 * What a judgement takes: its verdict alone, and all of it, with the interval, the missing samples and the words. Of the judged
 * candidates some keep the rule, some break it and some lie between. The plain comparison beside them has no test.
 */
export function costs(): readonly BenchRow[] {
  return all.flatMap((judged) => sizes.flatMap((total) => costsOf(judged, total)))
}

function costsOf({ method, gate, basis, draw }: Judged, total: number): readonly BenchRow[] {
  const random = seededRandom(7)
  const pairs = Array.from({ length: different }, (_, place): Pair => {
    const toCandidate = drawBinomial(total, 0.5, random)
    const toStable = total - toCandidate
    return {
      candidate: { ...draw(toCandidate, (2 * place) / different - 0.5, random), assigned: toCandidate },
      ...('noWorseThan' in gate.pass && {
        stable: { ...draw(toStable, 0, random), assigned: toStable },
      }),
    }
  })
  const before = basis === undefined ? undefined : { value: basis, samples: 2000 }
  const context: JudgeContext = { alpha, share: 0.5, fromMs: 0, ...(before && { basis: before }) }
  const whole = {
    what: `${method}, ${total} samples: all of a judgement, CPU`,
    value: cpuMicros(pairs, ({ candidate, stable }) => {
      const result = judgeGate(gate, candidate, stable, context)
      if (result.method !== method) throw new Error(`judged by ${result.method}: ${result.message}`)
    }),
    unit: 'µs',
  }
  if (gate.compare === 'raw') return [whole]
  const better = betterOf(gate)
  const verdict = cpuMicros(pairs, ({ candidate, stable }) => {
    const sample = sampleOf(candidate, better) as Sample
    const options: TestOptions = {
      aim: gateAim(gate, sample, before),
      share: 0.5,
      ...(gate.range && { range: gate.range }),
    }
    judgeSamples(sample, stable && sampleOf(stable, better), options, { alpha, beta: 0.1 })
  })
  const what = `${method}, ${total} samples: a verdict, CPU`
  return [{ what, value: verdict, unit: 'µs', aim: { atMost: 50 } }, whole]
}

/** The work is done for some 0.4 s first, so that it is compiled when it is measured. Other work of the machine only adds. */
function cpuMicros(pairs: readonly Pair[], work: (pair: Pair) => void): number {
  const began = performance.now()
  let done = 0
  for (; performance.now() - began < 400; done += 1) work(pairs[done % pairs.length] as Pair)
  const times = pairs.length * Math.ceil(done / 4 / pairs.length)
  return Math.min(
    ...Array.from({ length: 7 }, () => {
      const before = process.cpuUsage()
      for (let time = 0; time < times; time += 1) work(pairs[time % pairs.length] as Pair)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / times
    }),
  )
}
