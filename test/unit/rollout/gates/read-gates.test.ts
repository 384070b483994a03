import { describe, expect, it } from 'vitest'
import { readGates } from '../../../../src/rollout/gates/read-gates.ts'
import type { Interval, MetricReading, MetricSource } from '../../../../src/telemetry/contract.ts'
import { gateNamed } from '../machine/fixtures.ts'

const step: Interval = { fromMs: 1_000, toMs: 9_000 }

async function verdictOn(answer: () => MetricReading): Promise<unknown> {
  const source: MetricSource = { capabilities: { counts: true, routerMeasured: false }, query: answer }
  const need = { kind: 'gates', gates: ['accuracy'], candidate: 'bbbb', ...step } as const
  const { signal } = new AbortController()
  const [result] = await readGates(
    { plane: source },
    [gateNamed('accuracy'), gateNamed('errors')],
    'default/churn',
    need,
    signal,
  )
  return [result?.gate, result?.verdict, result?.coveredFromMs]
}

const perfect = (covered: Interval): MetricReading => ({ kind: 'ratio', hits: 100, total: 100, covered })

describe('readGates', () => {
  it('reads the gates that are asked for, over the interval of the step', async () => {
    expect(await verdictOn(() => perfect(step))).toEqual(['accuracy', 'pass', 1_000])
    expect(await verdictOn(() => perfect({ ...step, fromMs: 5_000 }))).toEqual(['accuracy', 'pass', 5_000])
  })

  it('never takes data from before the step for an answer, however good they are', async () => {
    expect(await verdictOn(() => perfect({ ...step, fromMs: 999 }))).toEqual(['accuracy', 'error', undefined])
  })

  it('takes a source that throws for an error, and one without data for no data', async () => {
    const fails = (): MetricReading => {
      throw new Error('503')
    }
    expect(await verdictOn(fails)).toEqual(['accuracy', 'error', undefined])
    expect(await verdictOn(() => ({ kind: 'no-data' }))).toEqual(['accuracy', 'no-data', undefined])
  })
})
