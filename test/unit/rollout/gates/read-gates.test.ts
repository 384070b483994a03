import { describe, expect, it } from 'vitest'
import { gateDelays, readGates } from '../../../../src/rollout/gates/read-gates.ts'
import type { Interval, MetricReading, MetricSource } from '../../../../src/telemetry/contract.ts'
import { memoryMetrics } from '../../../../src/telemetry/memory-metrics.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { gateNamed } from '../machine/fixtures.ts'

const step: Interval = { fromMs: 1_000, toMs: 9_000 }

async function verdictOn(answer: () => MetricReading, interval: Interval = step): Promise<unknown> {
  const source: MetricSource = {
    capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
    query: answer,
  }
  const { fromMs, toMs } = interval
  const gates = [{ gate: 'accuracy', toMs }]
  const need = { kind: 'gates', gates, candidate: 'bbbb', fromMs } as const
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

  it('asks nothing of a source whose numbers have not arrived, and takes that for no data', async () => {
    let asked = 0
    const early = { ...step, toMs: step.fromMs - 1 }
    const verdict = await verdictOn(() => {
      asked += 1
      return perfect(step)
    }, early)
    expect(verdict).toEqual(['accuracy', 'no-data', undefined])
    expect(asked).toBe(0)
  })

  it('gives no verdict by a source that does not say how late it is', async () => {
    const { signal } = new AbortController()
    const source: MetricSource = {
      capabilities: () => {
        throw new Error('no such metric')
      },
      query: () => perfect(step),
    }
    const gates = [{ gate: 'accuracy', toMs: step.toMs }]
    const need = { kind: 'gates', gates, candidate: 'bbbb', fromMs: step.fromMs } as const
    const [result] = await readGates(
      { plane: source },
      [gateNamed('accuracy')],
      'default/churn',
      need,
      signal,
    )
    expect(result).toMatchObject({ verdict: 'error' })
  })

  it('tells how late each gate is, and leaves out those that are not', () => {
    const late = memoryMetrics({ metrics: ['x'], late: { delayMs: 5000, clock: createFakeClock() } })
    const gates = [{ ...gateNamed('accuracy'), source: 'late', metric: 'x' }, gateNamed('errors')]
    expect(gateDelays({ late, plane: memoryMetrics({ metrics: ['errors'] }) }, gates)).toEqual({
      accuracy: 5000,
    })
  })
})
