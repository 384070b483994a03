import { describe, expect, it } from 'vitest'
import type { ModelDeploymentInput, Plan } from '../../../../src/index.ts'
import type { MetricQuery, MetricReading, MetricSource } from '../../../../src/telemetry/contract.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from '../plane-fixture.ts'

const hour = { fromMs: 0, toMs: 3_600_000 }
/** 30 % of 1,200 samples a minute. So large a share is cheap to price. */
const misses: MetricReading = { kind: 'ratio', hits: 21_600, total: 72_000, covered: hour }

const canary: Partial<ModelDeploymentInput['spec']> = {
  strategy: {
    canary: {
      steps: [
        { weight: 5 },
        { analyze: ['misses'], for: '6s' },
        { weight: 50 },
        { analyze: ['misses'], for: '2h' },
      ],
    },
  },
  analysis: [
    {
      name: 'misses',
      source: 'shop',
      metric: 'shop.misses',
      pass: { noWorseThan: 'stable', by: 0.1, better: 'lower' },
      detect: 0.3,
      power: 0.8,
    },
  ],
}

interface Scene extends PlaneFixture {
  readonly queries: readonly MetricQuery[]
  plan(spec: Partial<ModelDeploymentInput['spec']>, version?: string): Promise<Plan>
}

async function scene(
  answer: (interval: MetricQuery['interval']) => MetricReading,
  delayMs = 0,
): Promise<Scene> {
  const queries: MetricQuery[] = []
  const shop: MetricSource = {
    capabilities: () => ({ counts: true, routerMeasured: false, delayMs }),
    query(query) {
      queries.push(query)
      return answer(query.interval)
    },
  }
  const fixture = planeFixture({ plane: { metrics: { shop } } })
  await serving(fixture)
  await registerVersions(fixture.registry, '2')
  return {
    ...fixture,
    queries,
    plan: (spec, version = '2') => fixture.plane.plan(digits(version, spec), { actor: ann }),
  }
}

describe('the gates of a plan', () => {
  it('are priced in each step by the stable revision’s last hour, which is read once', async () => {
    const { plan, plane, queries, clock } = await scene(() => misses, 60_000)
    const { stable } = (await plane.get('digits'))?.status ?? {}
    const { rollout, problems } = await plan(canary)
    expect(problems).toEqual([])
    expect(rollout?.gates).toMatchObject([
      {
        gate: 'misses',
        step: 1,
        weight: 5,
        windowMinutes: 0.1,
        kind: 'known',
        samplesPerMinute: 1200,
        power: 0.8,
        delayMinutes: 1,
      },
      { gate: 'misses', step: 3, weight: 50, windowMinutes: 120, kind: 'known', base: 0.3, detect: 0.3 },
    ])
    const toMs = clock.now() - 60_000
    expect(queries).toMatchObject([
      {
        metric: 'shop.misses',
        labels: { deployment: 'default/digits', revision: stable },
        interval: { fromMs: toMs - 3_600_000, toMs },
      },
    ])
    await plane.stop()
  })

  it('know the rate from the time since the stable revision has its weight, when that is not an hour yet', async () => {
    // It had a tenth of the traffic before.
    const since: { atMs?: number } = {}
    const { plan, plane, queries, clock } = await scene((interval) => {
      const [fromMs, toMs] = [Math.max(0, interval.fromMs), interval.toMs]
      const fullMs = toMs - (since.atMs ?? 0)
      const isWhole = fromMs >= (since.atMs ?? 0)
      const total = Math.round((20 * (fullMs + (isWhole ? 0 : (3_600_000 - fullMs) / 10))) / 1000)
      return { kind: 'ratio', hits: Math.round(0.3 * total), total, covered: { fromMs, toMs } }
    })
    since.atMs = (await plane.get('digits'))?.status?.trafficSinceMs ?? 0
    await clock.advance(300_000)
    const { rollout } = await plan(canary)
    expect(rollout?.gates).toMatchObject([
      { samplesPerMinute: expect.closeTo(1200, 0) },
      { samplesPerMinute: expect.closeTo(1200, 0) },
    ])
    expect(queries.map(({ interval }) => interval.fromMs)).toEqual([clock.now() - 3_600_000, since.atMs])
    await plane.stop()
  })

  it('know no rate from the very first samples with a new weight', async () => {
    const { plan, plane } = await scene((interval) => {
      const total = interval.toMs - interval.fromMs < 3_600_000 ? 99 : 72_000
      return { kind: 'ratio', hits: Math.round(0.3 * total), total, covered: interval }
    })
    const { rollout } = await plan(canary)
    expect(rollout?.gates[0]).toMatchObject({ samplesPerMinute: 1200 })
    await plane.stop()
  })

  it('warn when they cannot see in their time, and the resource is accepted still', async () => {
    const { plan, plane } = await scene(() => misses)
    const { warnings, problems } = await plan(canary)
    expect(problems).toEqual([])
    expect(warnings).toEqual([
      expect.stringMatching(
        /^gate "misses" in step 2, at 5 % of traffic: it cannot see 0\.3 more than stable/,
      ),
      expect.stringMatching(/^gate "misses" in step 2, .* not surely shown to be so in its time/),
    ])
    await plane.stop()
  })

  it('have a price for a latency, with what would do where they cannot see in their time', async () => {
    // 600 requests a minute: three of a hundred take more than 200 ms.
    const latency: MetricReading = {
      kind: 'histogram',
      quantile: 0.95,
      bounds: [50, 100, 200, 400, 800, 1600],
      counts: [7200, 14_400, 13_320, 900, 144, 36, 0],
      covered: hour,
    }
    const { plan, plane } = await scene(() => latency)
    const { rollout, warnings } = await plan({
      strategy: { canary: { steps: [{ weight: 5 }, { analyze: ['latency'], for: '20m' }] } },
      analysis: [
        {
          name: 'latency',
          source: 'shop',
          metric: 'shop.latency.p95',
          pass: { noWorseThan: 'stable', by: 40, better: 'lower' },
          detect: 120,
          undecided: 'pass',
        },
      ],
    })
    expect(rollout?.gates).toMatchObject([
      { kind: 'known', counts: 'samples', samplesPerMinute: 600, detect: 120, toSee: {}, toPass: {} },
    ])
    expect(warnings).toEqual([
      expect.stringMatching(
        /^gate "latency" in step 2, at 5 % of traffic: it cannot see 120 more than stable in its time, because 20 minutes is less than the \d+ minutes that this takes\. What would do: a weight of \d+ %, a window of \d+ minutes/,
      ),
    ])
    await plane.stop()
  })

  it('have no price before there is data, or when it cannot be read', async () => {
    let answer = (): MetricReading => ({ kind: 'no-data' })
    const { plan, plane } = await scene(() => answer())
    const unknown = await plan(canary)
    expect(unknown.rollout?.gates).toHaveLength(2)
    expect(unknown.rollout?.gates[0]).toMatchObject({
      kind: 'unknown',
      message: expect.stringMatching(/not known yet/),
    })
    expect(unknown.warnings).toEqual([])
    answer = () => {
      throw new Error('the shop is closed')
    }
    const failed = await plan(canary)
    expect(failed.rollout?.gates[1]).toMatchObject({
      kind: 'unknown',
      message: expect.stringMatching(/the shop is closed/),
    })
    await plane.stop()
  })

  it('are left out when no step would be taken', async () => {
    const { plan, plane, queries } = await scene(() => misses)
    expect((await plan(canary, '1')).rollout?.gates).toEqual([])
    expect(queries).toEqual([])
    await plane.stop()
  })
})
