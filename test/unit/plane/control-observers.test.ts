import { describe, expect, it } from 'vitest'
import { allow, rule, rulesPolicy } from '../../../src/index.ts'
import type { ControlHealth, ControlObserver } from '../../../src/telemetry/contract.ts'
import { ann, planeFixture, serving } from './plane-fixture.ts'

describe('an observer of the plane', () => {
  it('is told of looks, phases, decisions and effects', async () => {
    const told: Record<string, unknown[]> = { reconciled: [], phaseSeen: [], decided: [], effectSent: [] }
    const observer: ControlObserver = {
      reconciled: (record) => void told.reconciled?.push(record),
      phaseSeen: (...seen) => void told.phaseSeen?.push(seen),
      decided: (record) => void told.decided?.push(record),
      effectSent: (record) => void told.effectSent?.push(record),
    }
    const policy = rulesPolicy('open', [rule('all', { on: ['deploy', 'promote'], check: () => allow() })])
    const fixture = planeFixture({ plane: { observers: [observer], policies: [policy] } })
    await serving(fixture)
    await fixture.plane.delete('digits', { actor: ann })
    await fixture.until(async () => (await fixture.plane.get('digits')) === null)
    await fixture.plane.stop()
    const key = 'default/digits'
    expect(told.reconciled).toContainEqual({ key, result: 'done', durationMs: expect.any(Number) })
    expect(told.phaseSeen).toContainEqual([key, 'converged'])
    expect(told.phaseSeen?.at(-1)).toEqual([key, undefined])
    expect(told.decided).toContainEqual({ policy: 'open', action: 'deploy', verdict: 'allow' })
    expect(told.effectSent).toContainEqual({ key, effect: 'create', result: 'accepted' })
  })

  it('can ask for the health at any time', async () => {
    let health: (() => ControlHealth) | undefined
    const fixture = planeFixture({
      plane: {
        observers: [
          {
            joined(ask) {
              health = ask
            },
          },
        ],
      },
    })
    expect(health?.()).toEqual({ leading: false, queued: 0, faults: [] })
    await serving(fixture)
    expect(health?.()).toEqual(fixture.plane.health())
    expect(health?.().leading).toBe(true)
    await fixture.plane.stop()
  })

  it('hinders neither the plane nor another observer when it throws', async () => {
    const lines: unknown[] = []
    const logger = {
      debug() {},
      info() {},
      warn() {},
      error: (fields: unknown, message: string) => void lines.push([fields, message]),
    }
    const seen: (string | undefined)[] = []
    const broken = {
      joined() {
        throw new Error('a bug')
      },
      reconciled() {
        throw new Error('a bug')
      },
      phaseSeen() {
        throw new Error('a bug')
      },
    }
    const observers = [broken, { phaseSeen: (_key: string, phase?: string) => void seen.push(phase) }]
    const fixture = planeFixture({ plane: { logger, observers } })
    await serving(fixture)
    await fixture.plane.stop()
    expect(seen).toContain('converged')
    expect(lines).toEqual([[{ failures: 1, error: 'a bug' }, 'a control observer threw an error']])
  })

  it('hears what became of each signal, and health counts those that came too late', async () => {
    const heard: unknown[] = []
    const observers = [{ signalCame: (record: unknown) => void heard.push(record) }]
    const { plane, clock } = planeFixture({ plane: { observers } })
    const day = 86_400_000
    plane.feedback.record({ kind: 'rating', deployment: 'default/digits', value: 5 })
    expect(plane.health()).not.toHaveProperty('lateSignals')
    plane.feedback.record({
      kind: 'rating',
      deployment: 'default/digits',
      value: 5,
      atMs: clock.now() - 2 * day,
    })
    expect(heard).toEqual([
      { signal: 'rating', result: 'accepted' },
      { signal: 'rating', result: 'late' },
    ])
    await plane.get('digits')
    expect(plane.health().lateSignals).toEqual({ label: 0, rating: 1, outcome: 0 })
    await plane.stop()
  })
})
