import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../../src/errors.ts'
import type { MetricSource } from '../../../../src/telemetry/contract.ts'
import { splitIn } from '../../../status.ts'
import { ann, digits, planeFixture, registerVersions, serving } from '../plane-fixture.ts'

/** A canary at 50 % with a gate at each of two sources. Neither has data yet. */
async function analyzing(length: '1m' | '10m') {
  const base = planeFixture()
  const now = { fails: false, away: false }
  const source = (answer: MetricSource['query']): MetricSource => ({
    capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
    query: answer,
  })
  const well = source(({ interval }) =>
    now.fails
      ? { kind: 'ratio', hits: 1000, total: 1000, covered: interval }
      : { kind: 'no-data', covered: interval },
  )
  const other = source(async ({ interval }) => {
    if (now.away) throw new ModelspineError('metric-error', '503', { retryable: true })
    return { kind: 'no-data', covered: interval }
  })
  const fixture = planeFixture({
    beside: base,
    plane: { targets: { local: base.target }, metrics: { well, other } },
  })
  await serving(fixture)
  await registerVersions(fixture.registry, '2')
  const gate = (name: string) => ({ name, metric: name, source: name, pass: { atMost: 0.01 } })
  const steps = [{ weight: 50 }, { analyze: ['well', 'other'], for: length }] as const
  const spec = {
    strategy: { canary: { steps } },
    analysis: [gate('well'), gate('other')],
    deadline: '30m',
  } as const
  await fixture.plane.apply(digits('2', spec), { actor: ann })
  await fixture.until(async () => (await fixture.phase()) === 'analyzing')
  const weights = async (): Promise<string> =>
    splitIn((await fixture.plane.get('digits'))?.status)
      .map(({ weight }) => weight)
      .join()
  return { ...fixture, now, weights }
}

describe('a metric source that is away', () => {
  it.each([
    ['1m', 3000],
    ['10m', 10_000],
  ] as const)('delays no other gate of a step of %s', async (length, everyMs) => {
    const { clock, now, until, weights } = await analyzing(length)
    now.away = true
    await clock.advance(20_000)
    now.fails = true
    const failedMs = clock.now()
    await until(async () => (await weights()) === '100', 60_000)
    // The gates are read at this pace, and the clock moves in steps of 50 ms.
    expect(clock.now() - failedMs).toBeLessThanOrEqual(everyMs + 100)
  })

  it.each(['1m', '10m'] as const)('is named by health within 30 s in a step of %s', async (length) => {
    const { clock, now, until, plane } = await analyzing(length)
    now.away = true
    const awayMs = clock.now()
    await until(() => plane.health().faults.some(({ part }) => part === 'metrics'), 60_000)
    expect(clock.now() - awayMs).toBeLessThanOrEqual(30_100)
  })
})
