import { describe, expect, it } from 'vitest'
import type {
  ApplyResult,
  DeploymentTarget,
  ObservedOperation,
} from '../../../../src/deployment-target/contract.ts'
import { hostedTarget } from '../../../../src/deployment-target/hosted-target.ts'
import { memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import { conditionOf } from '../../../../src/resources/deployment/condition.ts'
import { here } from '../../../status.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from '../plane-fixture.ts'

interface Failing extends PlaneFixture {
  /** Operation ids of the calls to apply. */
  readonly sent: string[]
}

/** A vendor that takes each operation and fails it. */
async function failing(
  answer: (operationId: string) => ApplyResult | ModelspineError,
  told: boolean,
): Promise<Failing> {
  const base = planeFixture()
  const inner = memoryTarget({ clock: base.clock, world: base.world, capabilities: { names: 'tagged' } })
  const sent: string[] = []
  const operations: ObservedOperation[] = []
  const target: DeploymentTarget = {
    ...inner,
    async apply(_key, _want, { operationId }) {
      sent.push(operationId)
      if (told) operations.push({ operationId, state: 'failed', reason: 'QuotaExceeded' })
      const result = answer(operationId)
      if (result instanceof ModelspineError) throw result
      return result
    },
    observe: async () => ({ revisions: [], operations: [...operations] }),
  }
  const fixture = planeFixture({ beside: base, plane: { targets: { local: target } } })
  await registerVersions(fixture.registry, '1')
  await fixture.plane.start()
  await fixture.plane.apply(digits('1'), { actor: ann })
  return { ...fixture, sent }
}

describe('a busy target', () => {
  it('gets the same operation again, and explain tells since when and how often it was busy', async () => {
    const base = planeFixture()
    const sent: string[] = []
    const target: DeploymentTarget = {
      ...base.target,
      async apply(key, want, options) {
        sent.push(options.operationId)
        if (sent.length < 4) return { kind: 'busy', retryAfterMs: 5000 }
        return base.target.apply(key, want, options)
      },
    }
    const { registry, plane, clock, until, phase } = planeFixture({
      beside: base,
      plane: { targets: { local: target } },
    })
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(9000)
    const { busy, waitsFor } = await plane.explain('digits')
    expect(busy).toMatchObject([{ target: 'local', times: 2, sinceMs: expect.any(Number) }])
    expect(waitsFor).toContain('target local is busy, so creating revision')
    await until(async () => (await phase()) === 'converged')
    expect([sent.length, new Set(sent).size]).toEqual([4, 1])
    expect((await plane.explain('digits')).busy).toEqual([])
    await plane.stop({ drainMs: 0 })
  })
})

describe('an operation that the vendor failed', () => {
  it.each([
    ['after an answer that was lost', () => new ModelspineError('target-unavailable', 'reset'), true],
    ['after it was accepted', (id: string): ApplyResult => ({ kind: 'accepted', handle: id }), true],
    [
      'in its answer',
      (): ApplyResult => ({ kind: 'failed', reason: 'QuotaExceeded', message: 'no GPU is left' }),
      false,
    ],
  ] as const)(
    '%s is told with its reason, and sent again as another one, ever more rarely',
    async (_when, answer, told) => {
      const fixture = await failing(answer, told)
      await fixture.clock.advance(20 * 60_000)
      const { sent, plane } = fixture
      expect(new Set(sent).size).toBe(sent.length)
      // 1 s, doubled up to 5 min: 9 waits fill 8.5 minutes, and three more fill the rest.
      expect(sent.length).toBeGreaterThanOrEqual(8)
      expect(sent.length).toBeLessThanOrEqual(14)
      const { status } = (await plane.get('digits')) ?? {}
      expect(conditionOf(status?.conditions ?? [], 'Degraded')).toMatchObject({
        reason: 'OperationFailed',
        message: expect.stringContaining('QuotaExceeded'),
      })
      expect(here(status).handles.length).toBeLessThanOrEqual(100)
      expect(fixture.events.filter(({ action }) => action === 'operation-failed').length).toBe(sent.length)
    },
  )
})

describe('a create', () => {
  it('that was certainly not sent is sent again, also where names are random', async () => {
    const base = planeFixture()
    const inner = memoryTarget({ clock: base.clock, world: base.world, capabilities: { names: 'random' } })
    let refused = 0
    const target: DeploymentTarget = {
      ...inner,
      apply: async (...call) => {
        refused += 1
        return refused < 3
          ? { kind: 'not-sent', reason: 'ConnectionRefused', message: 'connect ECONNREFUSED' }
          : inner.apply(...call)
      },
    }
    const fixture = planeFixture({ beside: base, plane: { targets: { local: target } } })
    await serving(fixture)
    expect(base.world.created).toBe(1)
  })

  it.each(['deterministic', 'tagged', 'random'] as const)(
    'that was accepted is not sent again however long the list lags, with %s names',
    async (names) => {
      const base = planeFixture()
      const inner = memoryTarget({ clock: base.clock, world: base.world, capabilities: { names } })
      let seenFromMs = Infinity
      let calls = 0
      const target: DeploymentTarget = {
        ...inner,
        async apply(...call) {
          calls += 1
          seenFromMs = Math.min(seenFromMs, base.clock.now() + 240_000)
          return inner.apply(...call)
        },
        observe: async (...call) =>
          base.clock.now() < seenFromMs ? { revisions: [], operations: [] } : inner.observe(...call),
      }
      const { plane, registry, until, phase } = planeFixture({
        beside: base,
        plane: { targets: { local: target } },
      })
      await registerVersions(registry, '1')
      await plane.start()
      await plane.apply(digits('1'), { actor: ann })
      await until(async () => (await phase()) === 'converged', 600_000)
      expect([calls, base.world.created]).toEqual([1, 1])
    },
  )
})

describe('a declared scale', () => {
  it('is sent once to a target that does not tell its scale, and the status says so', async () => {
    const base = planeFixture()
    const inner = memoryTarget({ clock: base.clock, world: base.world, readyAfterMs: 100 })
    let applies = 0
    const target: DeploymentTarget = {
      ...inner,
      async apply(...call) {
        applies += 1
        return inner.apply(...call)
      },
      async observe(...call) {
        const seen = await inner.observe(...call)
        return { ...seen, revisions: seen.revisions.map(({ scale: _, ...rest }) => rest) }
      },
    }
    const fixture = planeFixture({ beside: base, plane: { targets: { local: target } } })
    await serving(fixture)
    const before = applies
    await fixture.plane.apply(digits('1', { scale: { min: 3, max: 5 } }), { actor: ann })
    await fixture.clock.advance(3_600_000)
    expect(applies).toBe(before + 1)
    expect((await inner.observe('default/digits')).revisions[0]?.scale).toEqual({ min: 3, max: 5 })
    const { status } = (await fixture.plane.get('digits')) ?? {}
    expect(conditionOf(status?.conditions ?? [], 'Ready')?.message).toContain('does not tell the scale')
  })

  it('is refused by a target whose vendor scales', async () => {
    const fixture = planeFixture({ plane: { targets: { local: hostedTarget() } } })
    await fixture.registry.register({
      name: 'digits',
      version: '1',
      approval: 'approved',
      artifact: { kind: 'hosted', provider: 'acme', model: 'm' },
    })
    const declared = digits('1', { scale: { min: 3, max: 5 } })
    await expect(fixture.plane.apply(declared, { actor: ann })).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringContaining('scale'),
    })
  })
})
