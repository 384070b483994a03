import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { secretOf } from '../../../../src/adapter.ts'
import type { DeploymentTarget, ObservedTarget } from '../../../../src/deployment-target/contract.ts'
import { memoryTarget, type SecretStore } from '../../../../src/index.ts'
import {
  ann,
  collect,
  digits,
  inTime,
  type PlaneFixture,
  planeFixture,
  registerVersions,
} from '../plane-fixture.ts'
import { away, lasting, recordedLogger, runtime, value, vault } from '../secret-scene.ts'

/** What the process before created. */
async function created(...names: readonly string[]): Promise<PlaneFixture> {
  const beside = lasting()
  const first = planeFixture({ beside, plane: { secrets: { vault } } })
  await registerVersions(first.registry, '1', '2')
  await first.plane.start()
  for (const name of names)
    await first.plane.apply({ ...digits('1', { runtime }), metadata: { name } }, { actor: ann })
  await first.clock.advance(30_000)
  await first.plane.stop()
  return beside
}

interface Shown {
  readonly fixture: PlaneFixture
  /** Everything that people can read. */
  seen(): Promise<readonly string[]>
}

function next(
  beside: PlaneFixture,
  secrets: SecretStore,
  way: (target: DeploymentTarget) => Partial<DeploymentTarget>,
  options: Parameters<typeof planeFixture>[0] = {},
): Shown {
  const { logger, lines } = recordedLogger()
  const { clock, world } = beside
  const target = memoryTarget({ clock, world, readyAfterMs: 100, ...options.target })
  const targets = { local: { ...target, ...way(target) } }
  const plane = { logger, secrets: { vault: secrets }, targets, ...options.plane }
  const fixture = planeFixture({ beside, plane })
  return {
    fixture,
    async seen() {
      const { store, audit, events } = fixture
      const all = [
        await store.get('ModelDeployment', 'default/digits'),
        fixture.plane.health(),
        await collect(audit.read()),
        events,
        lines,
      ]
      return all.map((each) => inspect(each, { depth: 20 }))
    },
  }
}

const said = `400: env TOKEN=${value}`
const throws = async (): Promise<never> => Promise.reject(new Error(said))
const fails = async () => ({ kind: 'failed', reason: said, message: said }) as const
const refusesIt = async () => ({ kind: 'refused', reason: 'BadSpec', message: said }) as const

const change = ({ plane }: PlaneFixture) => plane.apply(digits('2', { runtime }), { actor: ann })
const remove = ({ plane }: PlaneFixture) => plane.delete('digits', { actor: ann })

describe('a secret that this process never gave', () => {
  it.each([
    ['throws it at apply', { apply: throws }, change],
    ['says it in a failed apply', { apply: fails }, change],
    ['says it in a refused apply', { apply: refusesIt }, change],
    ['throws it at destroy', { destroy: throws }, remove],
    ['says it in a failed destroy', { destroy: fails }, remove],
  ] as const)('appears nowhere when the target %s', async (_, way, begin) => {
    for (const secrets of [vault, away]) {
      const { fixture, seen } = next(await created('digits'), secrets, () => way)
      await fixture.plane.start()
      await begin(fixture)
      await fixture.clock.advance(60_000)
      const all = await seen()
      expect(all.join()).toMatch(secrets === vault ? /\[secret\]/ : /withheld/i)
      for (const each of all) expect(each).not.toContain(value)
      await fixture.plane.stop()
    }
  })

  it('appears nowhere when a target cannot remove an orphan', async () => {
    const beside = await created('digits')
    const emptied = lasting(planeFixture({ clock: beside.clock }))
    const { fixture, seen } = next({ ...emptied, world: beside.world }, vault, () => ({ destroy: throws }), {
      plane: { orphans: 'remove' },
    })
    await fixture.plane.start()
    await fixture.clock.advance(1_500_000)
    const all = await seen()
    expect(all.join()).toContain('withheld')
    for (const each of all) expect(each).not.toContain(value)
    await fixture.plane.stop()
  })

  it('appears nowhere after it was rotated, when this process knew it', async () => {
    const old = 'the-value-of-yesterday'
    let now = old
    const rotating: SecretStore = { resolve: async () => secretOf(now) }
    const repeats = (target: DeploymentTarget): Partial<DeploymentTarget> => ({
      async observe(...call) {
        const { revisions, ...rest } = await target.observe(...call)
        return { ...rest, revisions: revisions.map((each) => ({ ...each, message: `it printed ${old}` })) }
      },
    })
    const { fixture, seen } = next(lasting(), rotating, repeats)
    await registerVersions(fixture.registry, '1', '2')
    await fixture.plane.start()
    await fixture.plane.apply(digits('1', { runtime }), { actor: ann })
    await fixture.clock.advance(10_000)
    now = value
    await change(fixture)
    await fixture.clock.advance(60_000)
    const all = await seen()
    expect(all.join()).toContain('it printed [secret]')
    for (const each of all) expect(each).not.toContain(old)
    await fixture.plane.stop()
  })
})

describe('a secret store that hangs', () => {
  it('does not make a healthy target fail', async () => {
    const beside = await created('digits', 'two', 'three', 'four')
    const hanging: SecretStore = { resolve: () => new Promise(() => {}) }
    const spoken = ({ revisions, ...rest }: ObservedTarget): ObservedTarget => ({
      ...rest,
      revisions: revisions.map((each) => ({ ...each, message: said })),
    })
    const repeats = (target: DeploymentTarget): Partial<DeploymentTarget> => ({
      observeMany: async (...call) =>
        new Map(
          Array.from((await target.observeMany?.(...call)) ?? [], ([key, each]) => [key, spoken(each)]),
        ),
    })
    const { fixture, seen } = next(beside, hanging, repeats, {
      target: { observesMany: true },
      plane: { resyncMs: 10_000, pace: { togetherMs: 3000 } },
    })
    await fixture.plane.start()
    await fixture.clock.advance(120_000)
    const all = await seen()
    expect(all.join()).not.toContain('gave no answer to observe')
    for (const each of all) expect(each).not.toContain(value)
    await inTime(fixture, fixture.plane.stop())
  })
})
