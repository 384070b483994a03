import { seededRandom } from '../../src/clock.ts'
import type { AnalysisGate } from '../../src/resources/deployment/model-deployment.ts'
import { chooseTest, type TestOptions } from '../../src/rollout/gates/choose-test.ts'
import { type Sample, sampleOf } from '../../src/rollout/gates/evidence/sample.ts'
import { betterOf, gateAim } from '../../src/rollout/gates/gate-aim.ts'
import type { JudgeContext } from '../../src/rollout/gates/judge-context.ts'
import { judgeGate } from '../../src/rollout/gates/judge-gate.ts'
import { drawBinomial, drawNormal } from '../../src/rollout/gates/price/draw-binomial.ts'
import { testVerdict } from '../../src/rollout/gates/test-verdict.ts'
import type { MetricReading } from '../../src/telemetry/contract.ts'
import { cellOf, histogramBounds, histogramCells } from '../../src/windows/histogram.ts'
import { type BenchRow, median } from '../bench.ts'
import { watchedGate } from './watched-run.ts'

type Read = Exclude<MetricReading, { kind: 'no-data' }>

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

const sizes = [1000, 100_000]
/** Different numbers, so that nothing is judged twice in a row. */
const different = 64

/**
 * What a judgement takes: its verdict alone, and all of it, with the interval, the missing samples and the words. Of the judged
 * candidates some keep the rule, some break it and some lie between.
 */
export function costs(): readonly BenchRow[] {
  return all.flatMap((judged) =>
    sizes.flatMap((total) => {
      const random = seededRandom(7)
      const pairs = Array.from({ length: different }, (_, place) => ({
        candidate: judged.draw(total / 2, (2 * place) / different - 0.5, random),
        stable: judged.draw(total / 2, 0, random),
      }))
      const { gate, method } = judged
      const basis = judged.basis === undefined ? undefined : { value: judged.basis, samples: 2000 }
      const context: JudgeContext = { alpha: 0.05, share: 0.5, fromMs: 0, ...(basis && { basis }) }
      const compares = 'noWorseThan' in gate.pass
      const whole = cpuMicros((place) => {
        const { candidate, stable } = pairs[place % different] as (typeof pairs)[number]
        return judgeGate(gate, candidate, compares ? stable : undefined, context)
      })
      if (gate.compare === 'raw') {
        return [{ what: `${method}, ${total} samples, all of a judgement`, value: whole, unit: 'µs' }]
      }
      const verdict = cpuMicros((place) => {
        const { candidate, stable } = pairs[place % different] as (typeof pairs)[number]
        const sample = sampleOf(candidate, betterOf(gate)) as Sample
        const options: TestOptions = {
          aim: gateAim(gate, sample, basis),
          share: 0.5,
          ...(gate.range && { range: gate.range }),
        }
        const test = chooseTest(sample, compares ? sampleOf(stable, betterOf(gate)) : undefined, options)
        if (test?.method !== method) throw new Error(`judged by ${test?.method}, not by ${method}`)
        return testVerdict(test.comparison, options.aim.margin, { alpha: 0.05, beta: 0.1 })
      })
      return [
        { what: `${method}, ${total} samples, a verdict`, value: verdict, unit: 'µs', aim: { atMost: 50 } },
        { what: `${method}, ${total} samples, all of a judgement`, value: whole, unit: 'µs' },
      ]
    }),
  )
}

/** The work is done for some 0.2 s first, so that it is compiled when it is measured. */
function cpuMicros(work: (place: number) => unknown): number {
  const began = performance.now()
  let place = 0
  while (performance.now() - began < 200) {
    work(place)
    place += 1
  }
  const times = Math.max(different, Math.round(place / 4))
  return median(
    Array.from({ length: 7 }, () => {
      const before = process.cpuUsage()
      for (let time = 0; time < times; time += 1) work(time)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / times
    }),
  )
}
