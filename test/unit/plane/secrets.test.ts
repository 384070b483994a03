import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { secretOf } from '../../../src/adapter.ts'
import type { DeploymentTarget, ObservedTarget } from '../../../src/deployment-target/contract.ts'
import { ModelspineError, memoryTarget, type SecretStore } from '../../../src/index.ts'
import type { Key } from '../../../src/resources/metadata.ts'
import { ann, collect, digits, planeFixture, registerVersions } from './plane-fixture.ts'
import { away, lasting, readable, recordedLogger, runtime, value, vault } from './secret-scene.ts'

type Way = (target: DeploymentTarget) => Partial<DeploymentTarget>

/** The ways in which a careless target leaks a secret. */
const ways: readonly (readonly [string, Way])[] = [
  [
    'throws it',
    () => ({
      apply: async (_key, _want, { secret }) => {
        const token = (await secret('vault:token')).reveal()
        throw new Error(`401 for Bearer ${token}`, { cause: { headers: { authorization: token } } })
      },
    }),
  ],
  [
    'throws it in a ModelspineError',
    () => ({
      apply: async (_key, _want, { secret }) => {
        const token = (await secret('vault:token')).reveal()
        throw new ModelspineError('target-unavailable', `no answer to ${token}`, { details: { token } })
      },
    }),
  ],
  [
    'puts it into a refusal',
    () => ({
      apply: async (_key, _want, { secret }) => {
        const token = (await secret('vault:token')).reveal()
        return { kind: 'refused', reason: 'BadToken', message: `the token ${token} is not known` }
      },
    }),
  ],
  [
    'shows it in a revision’s message',
    (target) => ({
      observe: async (...call) => {
        const observed = await target.observe(...call)
        return {
          ...observed,
          revisions: observed.revisions.map((each) => ({
            ...each,
            state: 'failed' as const,
            message: `it printed ${value}`,
          })),
        }
      },
    }),
  ],
  [
    'throws it at a later observe',
    (target) => {
      let looks = 0
      return {
        observe: async (...call) => {
          looks += 1
          if (looks > 2) throw new Error(`cannot connect with ${value}`)
          return target.observe(...call)
        },
      }
    },
  ],
  [
    'says with it that a later observe was aborted',
    (target) => {
      let looks = 0
      return {
        observe: async (...call) => {
          looks += 1
          if (looks > 2) throw new ModelspineError('aborted', `ended the session of ${value}`)
          return target.observe(...call)
        },
      }
    },
  ],
]

const printed = { state: 'unready', reason: 'ProbeFailing', message: `it printed ${value}` } as const

/** The same, of a secret that the process before gave; and what stands there when it cannot be looked up. */
const laterWays: readonly (readonly [string, Way, string])[] = [
  [
    'shows it in a revision’s message',
    (target) => ({
      observe: async (...call) => {
        const observed = await target.observe(...call)
        const revisions = observed.revisions.map((each) => ({ ...each, ...printed }))
        return { ...observed, revisions }
      },
    }),
    'ProbeFailing',
  ],
  [
    'throws it',
    () => ({ observe: async () => Promise.reject(new Error(`cannot connect with ${value}`)) }),
    'withheld',
  ],
  [
    'says with it that it was aborted',
    () => ({
      observe: async () => Promise.reject(new ModelspineError('aborted', `ended the session of ${value}`)),
    }),
    'withheld',
  ],
]

describe('a secret', () => {
  it.each(ways)('appears nowhere when the target %s', async (_, way) => {
    const { logger, lines } = recordedLogger()
    const first = planeFixture()
    const { target } = first
    const careless: DeploymentTarget = { ...target, ...way(target) }
    const fixture = planeFixture({
      beside: first,
      plane: { logger, secrets: { vault }, targets: { local: careless } },
    })
    const { plane, registry, store, events, clock } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1', { runtime }), { actor: ann })
    await clock.advance(30_000)
    const seen = [
      ...(await readable(fixture)),
      await store.readEvents(100),
      events,
      lines,
      await plane.plan(digits('1', { runtime }), { actor: ann }),
    ]
    // The failure is reported without the secret, so that the test looks at the right places.
    expect(inspect(seen, { depth: 20 })).toMatch(/\[secret\]/)
    for (const each of seen) {
      expect(inspect(each, { depth: 20, showHidden: true })).not.toContain(value)
      expect(JSON.stringify(each)).not.toContain(value)
    }
    const thrown = await plane.reconcileOnce('digits').catch((error: unknown) => error)
    expect(inspect(thrown, { depth: 20 })).not.toContain(value)
    await plane.stop()
  })

  it.each(laterWays)('appears nowhere when a target that its deployment comes to %s', async (_, way) => {
    const { logger, lines } = recordedLogger()
    const first = planeFixture()
    const other = memoryTarget({ clock: first.clock, readyAfterMs: 100 })
    const targets = { local: first.target, other: { ...other, ...way(other) } }
    const fixture = planeFixture({ beside: first, plane: { logger, secrets: { vault }, targets } })
    const { plane, clock } = fixture
    await registerVersions(fixture.registry, '1')
    await plane.start()
    await plane.apply(digits('1', { runtime }), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'converged')
    await plane.apply(digits('1', { runtime, target: 'other' }), { actor: ann })
    await clock.advance(30_000)
    const seen = [...(await readable(fixture)), lines]
    expect(inspect(seen, { depth: 20 })).toMatch(/\[secret\]/)
    for (const each of seen) expect(inspect(each, { depth: 20 })).not.toContain(value)
    await plane.stop()
  })

  it('appears nowhere when a target repeats it about many deployments', async () => {
    const first = planeFixture({ target: { observesMany: true } })
    const { target } = first
    const careless: DeploymentTarget = {
      ...target,
      async observeMany(looks, options) {
        const all = (await target.observeMany?.(looks, options)) ?? new Map<Key, ObservedTarget>()
        return new Map(
          Array.from(all, ([key, observed]) => [
            key,
            { ...observed, revisions: observed.revisions.map((each) => ({ ...each, ...printed })) },
          ]),
        )
      },
    }
    const plane = {
      secrets: { vault },
      targets: { local: careless },
      resyncMs: 10_000,
      pace: { togetherMs: 3000 },
    }
    const fixture = planeFixture({ beside: first, plane })
    await registerVersions(fixture.registry, '1')
    await fixture.plane.start()
    for (const name of ['one', 'two'])
      await fixture.plane.apply({ ...digits('1', { runtime }), metadata: { name } }, { actor: ann })
    // A look alone sees the truth again, so what was repeated stands there for a while.
    await fixture.until(async () => {
      const shown = inspect(await collect(fixture.plane.list()), { depth: 20 })
      expect(shown).not.toContain(value)
      return shown.split('it printed [secret]').length > 2
    })
    await fixture.plane.stop()
  })

  it.each(laterWays)(
    'that another process gave appears nowhere when the target %s',
    async (_, way, shown) => {
      const { logger, lines } = recordedLogger()
      const beside = lasting()
      const first = planeFixture({ beside, plane: { secrets: { vault } } })
      await registerVersions(first.registry, '1')
      await first.plane.start()
      await first.plane.apply(digits('1', { runtime }), { actor: ann })
      await first.clock.advance(30_000)
      await first.plane.stop()
      const careless: DeploymentTarget = { ...first.target, ...way(first.target) }
      for (const secrets of [vault, away]) {
        const next = planeFixture({
          beside,
          plane: { logger, secrets: { vault: secrets }, targets: { local: careless } },
        })
        await next.plane.start()
        await next.clock.advance(60_000)
        const seen = [...(await readable(next)), lines]
        expect(inspect(seen, { depth: 20 })).toContain(secrets === vault ? '[secret]' : shown)
        for (const each of seen) expect(inspect(each, { depth: 20 })).not.toContain(value)
        await next.plane.stop()
      }
    },
  )

  it('that is missing is named as the fault, and the rollout goes on once the secret exists', async () => {
    let there = false
    const store: SecretStore = {
      resolve: async (name) => {
        if (there) return secretOf(value)
        throw new ModelspineError('secret-not-found', `there is no secret "${name}"`)
      },
    }
    const { plane, registry, until, phase, clock } = planeFixture({ plane: { secrets: { vault: store } } })
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1', { runtime }), { actor: ann })
    await clock.advance(5000)
    expect((await plane.explain('digits')).waitsFor).toBe(
      'this fault to end: SecretNotFound: there is no secret "token"',
    )
    there = true
    await until(async () => (await phase()) === 'converged', 120_000)
    await plane.stop()
  })

  it('from an unknown secret store is refused by apply', async () => {
    const { plane } = planeFixture()
    await expect(plane.apply(digits('1', { runtime }), { actor: ann })).rejects.toThrow(
      'spec.runtime.secrets.TOKEN: this plane has no secret store [secret]. This plane has no secret stores.',
    )
  })
})
