import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../src/errors.ts'
import { type ModelRegistry, memoryAuditLog, memoryStore } from '../../../src/index.ts'
import { conditionOf } from '../../../src/resources/deployment/condition.ts'
import type { ModelDeploymentInput } from '../../../src/resources/deployment/model-deployment.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import {
  actionsOf,
  ann,
  converged,
  digits,
  inTime,
  type PlaneFixture,
  planeFixture,
  registerVersions,
} from './plane-fixture.ts'

const spec = { onPromoted: { setAlias: 'champion' } } as const

type Set = NonNullable<ModelRegistry['setAlias']>

/** A plane with two versions. `setAlias` stands in for the registry's own, which it may call. */
async function scene(
  setAlias?: (own: Set, ...call: Parameters<Set>) => ReturnType<Set>,
): Promise<PlaneFixture & { readonly calls: string[]; readonly championIs: () => Promise<string> }> {
  const calls: string[] = []
  const clock = createFakeClock({ seed: 1 })
  // They outlive the plane that a test stops.
  const store = { ...memoryStore({ clock }), close: async () => {} }
  const audit = { ...memoryAuditLog(), close: async () => {} }
  const first = planeFixture({ clock, plane: { store, audit } })
  const { registry } = first
  await registerVersions(registry, '1', '2')
  const own: Set = (...call) => registry.setAlias(...call)
  const fixture = planeFixture({
    beside: first,
    plane: {
      registries: {
        models: {
          ...registry,
          setAlias(...call) {
            calls.push(`${call[1]} → ${call[2]}`)
            return setAlias === undefined ? own(...call) : setAlias(own, ...call)
          },
        },
      },
    },
  })
  await fixture.plane.start()
  const championIs = async (): Promise<string> => {
    try {
      return (await registry.resolve({ registry: 'models', name: 'digits', alias: 'champion' })).version
    } catch {
      return 'nothing'
    }
  }
  return { ...fixture, calls, championIs }
}

async function aliasOf({ plane }: PlaneFixture): Promise<(string | undefined)[]> {
  const status = (await plane.get('digits'))?.status
  const found = conditionOf(status?.conditions ?? [], 'AliasSet')
  return [found?.status, found?.reason, found?.message]
}

function declare(
  { plane }: PlaneFixture,
  version: string,
  more: Partial<ModelDeploymentInput['spec']> = spec,
) {
  return plane.apply(digits(version, more), { actor: ann })
}

const told = async (fixture: PlaneFixture): Promise<string[]> =>
  (await actionsOf(fixture)).filter((action) => action.startsWith('alias-'))

describe('an alias that is set on promotion', () => {
  it('points to the version of each revision that becomes stable, once, and is audited', async () => {
    const fixture = await scene()
    await declare(fixture, '1')
    await converged(fixture, 1)
    await fixture.until(async () => (await aliasOf(fixture))[0] === 'True')
    expect(await fixture.championIs()).toBe('1')
    expect(await aliasOf(fixture)).toEqual([
      'True',
      'Set',
      'alias champion of models/digits was pointed to 1',
    ])
    await declare(fixture, '2')
    await converged(fixture, 2)
    await fixture.until(async () => (await aliasOf(fixture))[2]?.endsWith('2') === true)
    expect(await fixture.championIs()).toBe('2')
    await fixture.clock.advance(120_000)
    expect(fixture.calls).toEqual(['champion → 1', 'champion → 2'])
    expect(await told(fixture)).toEqual(['alias-requested', 'alias-set', 'alias-requested', 'alias-set'])
    await fixture.plane.stop()
  })

  it('has its condition as soon as the event tells that it was set', async () => {
    const fixture = await scene()
    const heard: Promise<unknown>[] = []
    fixture.plane.on('alias-set', () => void heard.push(aliasOf(fixture)))
    await declare(fixture, '1')
    await converged(fixture, 1)
    await fixture.until(async () => heard.length > 0)
    expect(await Promise.all(heard)).toEqual([
      ['True', 'Set', 'alias champion of models/digits was pointed to 1'],
    ])
    await fixture.plane.stop()
  })

  it('is not set for a revision that is turned back', async () => {
    const fixture = await scene()
    await declare(fixture, '1')
    await converged(fixture, 1)
    await fixture.until(async () => (await fixture.championIs()) === '1')
    const strategy = { canary: { steps: [{ weight: 10 }, { pause: 'until-promoted' as const }] } }
    await declare(fixture, '2', { ...spec, strategy })
    await fixture.until(async () => (await fixture.plane.explain('digits')).phase === 'pausing')
    await inTime(fixture, fixture.plane.abort('digits', { actor: ann }))
    await fixture.until(async () => (await fixture.plane.explain('digits')).phase === 'failed')
    await fixture.clock.advance(120_000)
    expect(await fixture.championIs()).toBe('1')
    expect(fixture.calls).toEqual(['champion → 1'])
    await fixture.plane.stop()
  })

  it('does not overrule a person who moves it afterwards', async () => {
    const fixture = await scene()
    await declare(fixture, '1')
    await fixture.until(async () => (await fixture.championIs()) === '1')
    await fixture.registry.setAlias('digits', 'champion', '2')
    await fixture.clock.advance(120_000)
    expect(await fixture.championIs()).toBe('2')
    expect(fixture.calls).toHaveLength(1)
    await fixture.plane.stop()
  })

  it('is tried again while the registry fails, and holds up nothing', async () => {
    let fails = 3
    const fixture = await scene((own, ...call) => {
      fails -= 1
      return fails >= 0 ? Promise.reject(new Error('the registry is in maintenance')) : own(...call)
    })
    await declare(fixture, '1')
    await converged(fixture, 1)
    await fixture.until(async () => (await aliasOf(fixture))[1] === 'Unexpected')
    expect((await aliasOf(fixture))[2]).toContain('the registry is in maintenance')
    const { conditions, waitsFor } = await fixture.plane.explain('digits')
    expect(conditionOf(conditions, 'Ready')?.status).toBe('True')
    expect(waitsFor).toContain('could not be pointed to 1')
    await fixture.until(async () => (await aliasOf(fixture))[0] === 'True')
    expect(await fixture.championIs()).toBe('1')
    expect(fixture.calls).toHaveLength(4)
    expect(await told(fixture)).toEqual(['alias-requested', 'alias-set'])
    await fixture.plane.stop()
  })

  it('is tried ever more rarely after a refusal, without a write, and never again for a replaced revision', async () => {
    const fixture = await scene(() =>
      Promise.reject(new ModelspineError('auth', 'not allowed to set aliases')),
    )
    await declare(fixture, '1')
    await fixture.until(async () => (await aliasOf(fixture))[1] === 'Auth')
    await fixture.clock.advance(60_000)
    const before = await fixture.store.get('ModelDeployment', 'default/digits')
    await fixture.clock.advance(3_600_000)
    expect(fixture.calls.length).toBeGreaterThan(12)
    expect(fixture.calls.length).toBeLessThan(30)
    const after = await fixture.store.get('ModelDeployment', 'default/digits')
    expect(after?.version).toBe(before?.version)
    await declare(fixture, '2')
    await fixture.until(async () => fixture.calls.at(-1) === 'champion → 2')
    const replaced = fixture.calls.filter((call) => call === 'champion → 1').length
    await fixture.clock.advance(300_000)
    expect(fixture.calls.filter((call) => call === 'champion → 1')).toHaveLength(replaced)
    await fixture.plane.stop()
  })

  describe('when the answer was lost with the process', () => {
    /** A plane that dies during the call, and the plane after it. `meanwhile` happens in between. */
    async function died(
      landed: boolean,
      meanwhile: (registry: PlaneFixture['registry']) => Promise<void> = async () => {},
    ): Promise<PlaneFixture & { readonly championIs: () => Promise<string> }> {
      const first = await scene(async (own, ...call) => {
        if (landed) await own(...call)
        return new Promise<never>(() => {})
      })
      await declare(first, '1')
      await first.until(async () => first.calls.length === 1)
      expect((await first.plane.get('digits'))?.status?.alias).toMatchObject({
        alias: 'champion',
        version: '1',
        call: { from: null },
      })
      const stopping = first.plane.stop({ drainMs: 0 })
      await first.clock.advance(30_000)
      await stopping
      await meanwhile(first.registry)
      const second = planeFixture({ beside: first })
      await second.plane.start()
      await second.until(async () => ['True', 'Unknown'].includes((await aliasOf(second))[0] ?? ''))
      // Until it holds the lease of the audit log, too.
      await second.clock.advance(20_000)
      await second.plane.stop()
      return { ...second, championIs: first.championIs }
    }

    it.each([true, false])('is set once and audited once; it had arrived: %s', async (landed) => {
      const fixture = await died(landed)
      expect(await fixture.championIs()).toBe('1')
      expect(await told(fixture)).toEqual(['alias-requested', 'alias-set'])
    })

    it.each([true, false])('overrules nobody who moved it meanwhile; it had arrived: %s', async (landed) => {
      const fixture = await died(landed, (registry) => registry.setAlias('digits', 'champion', '2'))
      expect(await fixture.championIs()).toBe('2')
      expect(await told(fixture)).toEqual(['alias-requested', 'alias-moved'])
      expect((await aliasOf(fixture)).slice(0, 2)).toEqual(['Unknown', 'Moved'])
    })
  })

  it('is set for the stable revision when it is declared later, also after a rollout that failed', async () => {
    const fixture = await scene()
    await declare(fixture, '1', {})
    await converged(fixture, 1)
    const strategy = { canary: { steps: [{ pause: 'until-promoted' as const }] } }
    await declare(fixture, '2', { strategy })
    await fixture.until(async () => (await fixture.plane.explain('digits')).phase === 'pausing')
    await inTime(fixture, fixture.plane.abort('digits', { actor: ann }))
    await fixture.until(async () => (await fixture.plane.explain('digits')).phase === 'failed')
    await declare(fixture, '2', { ...spec, strategy })
    await fixture.until(async () => (await aliasOf(fixture))[0] === 'True')
    expect(await fixture.championIs()).toBe('1')
    await declare(fixture, '2', { onPromoted: { setAlias: 'production' }, strategy })
    await fixture.until(async () => fixture.calls.at(-1) === 'production → 1')
    await fixture.plane.stop()
  })

  it('does not keep a deployment from its deletion', async () => {
    const fixture = await scene(() => Promise.reject(new Error('away')))
    await declare(fixture, '1')
    await fixture.until(async () => (await aliasOf(fixture))[1] === 'Unexpected')
    await inTime(fixture, fixture.plane.delete('digits', { actor: ann }))
    await fixture.until(async () => (await fixture.plane.get('digits')) === null)
    await fixture.plane.stop()
  })

  it('is forgotten when it is no longer declared', async () => {
    const fixture = await scene()
    await declare(fixture, '1')
    await fixture.until(async () => (await aliasOf(fixture))[0] === 'True')
    await declare(fixture, '1', {})
    await fixture.until(async () => (await fixture.plane.get('digits'))?.status?.alias === undefined)
    expect(await aliasOf(fixture)).toEqual([undefined, undefined, undefined])
    await fixture.plane.stop()
  })

  it('is shown by plan', async () => {
    const fixture = await scene()
    const { rollout } = await inTime(fixture, fixture.plane.plan(digits('1', spec), { actor: ann }))
    expect(rollout?.steps).toContain('point alias champion to its version')
    await fixture.plane.stop()
  })

  it.each([
    ['latest-approved', 'computed from the approvals'],
    ['follows', 'the alias that spec.model follows'],
  ])('is refused as %s', async (setAlias, why) => {
    const { plane } = await scene()
    const model = 'models/digits@follows'
    const declared = digits('1', { onPromoted: { setAlias }, model })
    await expect(plane.apply(declared, { actor: ann })).rejects.toThrow(why)
    const parts = { registry: 'models', name: 'digits', alias: 'follows' }
    const again = digits('1', { onPromoted: { setAlias }, model: parts })
    await expect(plane.apply(again, { actor: ann })).rejects.toThrow(why)
    await plane.stop()
  })

  it('is refused where the registry cannot set it', async () => {
    const first = planeFixture()
    await registerVersions(first.registry, '1')
    const { capabilities } = first.registry
    const readOnly = { ...first.registry, capabilities: { ...capabilities, aliases: 'read-only' as const } }
    const { plane } = planeFixture({ beside: first, plane: { registries: { models: readOnly } } })
    await expect(plane.apply(digits('1', spec), { actor: ann })).rejects.toThrow(
      'registry "models" cannot set aliases',
    )
    await plane.stop()
  })
})
