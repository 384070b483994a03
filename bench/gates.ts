import { chooseTest } from '../src/rollout/gates/choose-test.ts'
import { gateAim } from '../src/rollout/gates/gate-aim.ts'
import { judgeGate } from '../src/rollout/gates/judge-gate.ts'
import { testVerdict } from '../src/rollout/gates/test-verdict.ts'
import { type BenchResult, type BenchRow, median } from './bench.ts'
import { gate, ours, threshold, zTest } from './gates/judges.ts'
import { type Outcome, type Race, race } from './gates/races.ts'

interface Aims {
  readonly turnedBack: { readonly atMost: number } | { readonly atLeast: number }
  readonly median?: number
}

const races: readonly (Race & { readonly aims: Aims })[] = [
  { stable: 0.01, candidate: 0.01, aims: { turnedBack: { atMost: 5 } } },
  { stable: 0.05, candidate: 0.05, aims: { turnedBack: { atMost: 5 } } },
  { stable: 0.01, candidate: 0.03, aims: { turnedBack: { atLeast: 100 }, median: 530 } },
  { stable: 0.01, candidate: 0.05, aims: { turnedBack: { atLeast: 100 }, median: 220 } },
  { stable: 0.05, candidate: 0.07, aims: { turnedBack: { atLeast: 95 }, median: 2000 } },
]

/**
 * How often and how soon a candidate is turned back for its errors: by the test of a gate, by a plain threshold and by a
 * z-test at each look. The same seeded requests for all three: 2,000 runs, 6,000 requests a revision, a look every 10.
 */
export async function run(flags: Readonly<Record<string, string>>): Promise<BenchResult> {
  const runs = Number(flags.runs ?? 2000)
  const rows: BenchRow[] = []
  for (const { aims, ...each } of races) {
    const outcomes = race(each, { ours, threshold, zTest }, { runs, most: 6000, every: 10, before: 2000 })
    const what = `${percent(each.stable)} → ${percent(each.candidate)}`
    const told = (name: string, outcome: Outcome | undefined, aimed?: Aims): void => {
      if (outcome === undefined) return
      const turnedBack = 100 * outcome.turnedBack
      rows.push({
        what: `${what}, ${name}, turned back`,
        value: turnedBack,
        unit: '%',
        ...(aimed && { aim: aimed.turnedBack }),
      })
      if (aims.median === undefined) return
      const median = aimed?.median
      rows.push({
        what: `${what}, ${name}, median`,
        value: outcome.median,
        unit: 'requests',
        ...(median !== undefined && { aim: { atMost: median } }),
      })
    }
    told('our test', outcomes.ours, aims)
    told('threshold of 1 point', outcomes.threshold)
    told('z-test at each look', outcomes.zTest)
  }
  return { name: 'gates', rows: [...rows, ...costs()] }
}

/** What a verdict costs, and what it costs with the interval and the words that people read. */
function costs(): readonly BenchRow[] {
  const rows: BenchRow[] = []
  for (const total of [1000, 100_000]) {
    const counts = { bad: total / 100, total }
    const sample = { kind: 'proportion', ...counts } as const
    const basis = { value: 0.01, samples: 2000 }
    const context = { alpha: 0.05, share: 0.5, fromMs: 0, basis }
    const reading = { kind: 'ratio', hits: counts.bad, total, covered: { fromMs: 0, toMs: 60_000 } } as const
    const verdict = (): unknown => {
      const aim = gateAim(gate, sample, basis)
      const test = chooseTest(sample, sample, { aim, share: 0.5 })
      return test && testVerdict(test.comparison, aim.margin, { alpha: 0.05, beta: 0.1 })
    }
    rows.push({
      what: `a verdict at ${total} samples, CPU`,
      value: cpuMicros(verdict),
      unit: 'µs',
      aim: { atMost: 50 },
    })
    rows.push({
      what: `the same with its interval and its words, CPU`,
      value: cpuMicros(() => judgeGate(gate, reading, reading, context)),
      unit: 'µs',
    })
  }
  return rows
}

function cpuMicros(work: () => unknown): number {
  const times = 2000
  return median(
    Array.from({ length: 7 }, () => {
      const began = process.cpuUsage()
      for (let time = 0; time < times; time += 1) work()
      const { user, system } = process.cpuUsage(began)
      return (user + system) / times
    }),
  )
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
