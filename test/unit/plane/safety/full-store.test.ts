import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../../src/store/memory-store.ts'
import type { MetricSource } from '../../../../src/telemetry/contract.ts'
import { ann, digits, planeFixture, registerVersions, route, serving } from '../plane-fixture.ts'

describe('a store that is full of waiting events', () => {
  it.each(['a gate fails', 'a person aborts'] as const)(
    'takes the rollback of a canary when %s',
    async (how) => {
      const base = planeFixture()
      let failing = false
      let away = false
      const source: MetricSource = {
        capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
        query: async ({ interval }) =>
          failing
            ? { kind: 'ratio', hits: 1000, total: 1000, covered: interval }
            : { kind: 'no-data', covered: interval },
      }
      const append = base.audit.append.bind(base.audit)
      base.audit.append = async (entries) => {
        if (away) throw new Error('the log is away')
        return append(entries)
      }
      const fixture = planeFixture({
        beside: base,
        plane: {
          store: memoryStore({ clock: base.clock, maxEvents: 60 }),
          targets: { local: base.target },
          metrics: { prom: source },
        },
      })
      const { plane, registry, until, phase, clock } = fixture
      await serving(fixture)
      await registerVersions(registry, '2')
      const strategy = { canary: { steps: [{ weight: 50 }, { analyze: ['errors'], for: '10m' }] } } as const
      const analysis = [{ name: 'errors', metric: 'x', source: 'prom', pass: { atMost: 0.01 } }] as const
      await plane.apply(digits('2', { strategy, analysis }), { actor: ann })
      await until(async () => (await phase()) === 'analyzing')
      away = true
      let refused: unknown
      for (let number = 0; number < 100 && refused === undefined; number += 1) {
        await plane.apply(route(`r${number}`), { actor: ann }).catch((error: unknown) => {
          refused = error
        })
      }
      expect(refused).toMatchObject({ code: 'store-full' })
      if (how === 'a gate fails') failing = true
      else await plane.abort('digits', { actor: ann })
      await until(async () => (await plane.get('digits'))?.status?.traffic.length === 1, 30_000)
      away = false
      await until(async () => (await phase()) === 'failed', 120_000)
      await clock.advance(60_000)
      expect(await fixture.audit.verify()).toMatchObject({ ok: true })
    },
  )
})
