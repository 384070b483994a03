import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../../src/errors.ts'
import type { GateResult } from '../../../../src/resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../../../src/resources/deployment/model-deployment.ts'
import { gateDelays, readGates } from '../../../../src/rollout/gates/read-gates.ts'
import { measuredBy } from '../../../../src/rollout/gates/reading-value.ts'
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
  const need = { kind: 'gates', gates, candidate: 'bbbb', fromMs, alpha: 0.05 } as const
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
    const need = { kind: 'gates', gates, candidate: 'bbbb', fromMs: step.fromMs, alpha: 0.05 } as const
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

describe('the stable revision before the step', () => {
  const compared = gateNamed('accuracy', { pass: { noWorseThan: 'stable', by: 0.1, better: 'higher' } })
  const before: Interval = { fromMs: -10_000, toMs: 1_000 }
  type Asked = Parameters<typeof readGates>[3]['gates'][number]

  /** The result of one look, and the intervals over which the stable revision was read. */
  async function look(
    gate: AnalysisGate,
    asked: Partial<Asked>,
    answer: (interval: Interval) => MetricReading | Promise<MetricReading> = perfect,
  ): Promise<readonly [GateResult | undefined, readonly Interval[]]> {
    const read: Interval[] = []
    const source: MetricSource = {
      capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
      query({ labels, interval }) {
        if (labels.revision === 'aaaa') read.push(interval)
        return labels.revision === 'aaaa' ? answer(interval) : perfect(interval)
      },
    }
    const gates = [{ gate: 'accuracy', toMs: 9_000, ...asked }]
    const need = {
      kind: 'gates',
      gates,
      candidate: 'bbbb',
      stable: 'aaaa',
      fromMs: 1_000,
      alpha: 0.05,
    } as const
    const { signal } = new AbortController()
    const [result] = await readGates({ plane: source }, [gate], 'default/churn', need, signal)
    return [result, read]
  }

  it('is read over the interval that the machine asks for, and kept in the result', async () => {
    const [result, read] = await look(compared, { before }, (interval) =>
      interval.fromMs < 0 ? { kind: 'ratio', hits: 190, total: 200, covered: interval } : perfect(interval),
    )
    expect(result).toMatchObject({ verdict: 'pass', basis: { value: 0.95, samples: 200 } })
    expect(read).toEqual([step, before])
  })

  it('is not read again: the result of an earlier look is handed on', async () => {
    const basis = { value: 0.9, samples: 10 }
    const [result, read] = await look(compared, { basis })
    expect([result?.basis, read]).toEqual([basis, [step]])
    const away = await look(compared, { basis }, () => Promise.reject(new Error('503')))
    expect(away[0]).toMatchObject({ verdict: 'error', basis })
  })

  it('never fails the gate: without it, the gate is judged as well as it can be', async () => {
    const full = new ModelspineError('metric-error', 'busy', { details: { full: true } })
    for (const failure of [new Error('503'), full]) {
      const [result] = await look(compared, { before }, (interval) =>
        interval.fromMs < 0 ? Promise.reject(failure) : perfect(interval),
      )
      expect(result).toMatchObject({ verdict: 'pass' })
      expect(result).not.toHaveProperty('basis')
    }
    const empty: readonly MetricReading[] = [
      { kind: 'no-data' },
      { kind: 'ratio', hits: 0, total: 0, covered: before },
      // From before the interval that was asked for.
      perfect({ fromMs: -20_000, toMs: 1_000 }),
    ]
    for (const reading of empty) {
      const [result] = await look(compared, { before }, (interval) =>
        interval.fromMs < 0 ? reading : perfect(interval),
      )
      expect(result).toMatchObject({ verdict: 'pass' })
      expect(result).not.toHaveProperty('basis')
    }
  })

  it('is not read for a gate with a bound, for a plain comparison, and while the gate itself cannot be read', async () => {
    expect((await look(gateNamed('accuracy'), { before }))[1]).toEqual([])
    expect((await look({ ...compared, compare: 'raw' }, { before }))[1]).toEqual([step])
    expect((await look(compared, { before }, () => Promise.reject(new Error('503'))))[1]).toEqual([step])
  })

  it('has a value from every kind of reading', () => {
    const covered = step
    expect(measuredBy({ kind: 'value', value: 7, covered })).toEqual({ value: 7 })
    expect(measuredBy({ kind: 'value', value: 7, count: 3, covered })).toEqual({ value: 7, samples: 3 })
    expect(measuredBy({ kind: 'distribution', count: 4, sum: 10, sumSquares: 30, covered })).toEqual({
      value: 2.5,
      samples: 4,
    })
    const histogram = {
      kind: 'histogram',
      quantile: 0.5,
      bounds: [10, 20],
      counts: [1, 3, 0],
      covered,
    } as const
    expect(measuredBy(histogram)).toMatchObject({ samples: 4 })
    expect(measuredBy(histogram)?.value).toBeGreaterThan(10)
    expect(measuredBy({ kind: 'events', events: 3, exposureMs: 2000, covered })).toMatchObject({ value: 1.5 })
    expect(measuredBy({ kind: 'no-data' })).toBeUndefined()
  })
})
