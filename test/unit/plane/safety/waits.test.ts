import { describe, expect, it } from 'vitest'
import { rule } from '../../../../src/policy/rule.ts'
import { rulesPolicy } from '../../../../src/policy/rules-policy.ts'
import { allow, requireApproval } from '../../../../src/policy/ruling.ts'
import type { ModelDeploymentSpecInput } from '../../../../src/resources/deployment/model-deployment.ts'
import type { MetricSource } from '../../../../src/telemetry/contract.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from '../plane-fixture.ts'

const silent: MetricSource = {
  capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
  query: async ({ interval }) => ({ kind: 'no-data', covered: interval }),
}
const gate = { name: 'errors', metric: 'x.errors', source: 'prom', pass: { atMost: 0.01 } } as const

async function rollingOut(
  spec: Partial<ModelDeploymentSpecInput>,
  plane: NonNullable<Parameters<typeof planeFixture>[0]>['plane'] = {},
): Promise<PlaneFixture> {
  const fixture = planeFixture({ plane: { metrics: { prom: silent }, ...plane } })
  await serving(fixture)
  await registerVersions(fixture.registry, '2')
  await fixture.plane.apply(digits('2', { answerWithin: '2h', ...spec }), { actor: ann })
  return fixture
}

const hourMs = 3_600_000

describe('a wait for a person', () => {
  it.each([
    ['for a promotion', 'pausing', { canary: { steps: [{ weight: 5 }, { pause: 'until-promoted' }] } }, []],
    [
      'for a decision about an analysis',
      'holding',
      { canary: { steps: [{ weight: 5 }, { analyze: ['errors'], for: '1m' }] } },
      [gate],
    ],
  ] as const)(
    '%s ends at its limit, and the rollout is turned back',
    async (_what, phase, strategy, analysis) => {
      const fixture = await rollingOut({ strategy, analysis })
      await fixture.until(async () => (await fixture.phase()) === phase, 120_000)
      await fixture.clock.advance(2 * hourMs - 120_000)
      expect(await fixture.phase()).toBe(phase)
      await fixture.clock.advance(200_000)
      expect((await fixture.plane.get('digits'))?.status).toMatchObject({
        rollout: { phase: 'failed', cause: 'NoAnswer' },
        traffic: [{ weight: 100 }],
      })
    },
  )

  it('for an approval ends at its limit, and the revision is aborted before it was created', async () => {
    const policy = rulesPolicy('p', [
      rule('r', {
        on: 'promote',
        check: ({ revision }) => (revision.model.version === '1' ? allow() : allow(requireApproval())),
      }),
    ])
    const fixture = await rollingOut({}, { policies: [policy] })
    await fixture.until(async () => (await fixture.phase()) === 'blocked')
    await fixture.clock.advance(2 * hourMs + 60_000)
    expect((await fixture.plane.get('digits'))?.status?.rollout).toMatchObject({
      phase: 'failed',
      cause: 'NoAnswer',
    })
    expect(fixture.world.created).toBe(1)
    await fixture.plane.retry('digits', { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'blocked')
  })

  it('that a person asked for with pause has no limit', async () => {
    const strategy = { canary: { steps: [{ weight: 5 }, { pause: 'until-promoted' }] } } as const
    const fixture = await rollingOut({ strategy })
    await fixture.until(async () => (await fixture.phase()) === 'pausing')
    await fixture.plane.pause('digits', { actor: ann })
    await fixture.clock.advance(5 * hourMs)
    expect(await fixture.phase()).toBe('pausing')
  })
})

describe('a rollout that a person paused', () => {
  it('is turned back all the same when a gate surely fails', async () => {
    let hits = 0
    const source: MetricSource = {
      capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
      query: async ({ interval }) => ({ kind: 'ratio', hits, total: 1000, covered: interval }),
    }
    const strategy = { canary: { steps: [{ weight: 50 }, { analyze: ['errors'], for: '10m' }] } } as const
    const fixture = await rollingOut({ strategy, analysis: [gate] }, { metrics: { prom: source } })
    await fixture.until(async () => (await fixture.phase()) === 'analyzing')
    await fixture.plane.pause('digits', { actor: ann })
    await fixture.clock.advance(60_000)
    expect(await fixture.phase()).toBe('analyzing')
    hits = 1000
    await fixture.clock.advance(60_000)
    expect((await fixture.plane.get('digits'))?.status?.traffic).toHaveLength(1)
  })
})
