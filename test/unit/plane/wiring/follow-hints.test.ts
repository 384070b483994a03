import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../../src/deployment-target/contract.ts'
import type { Key } from '../../../../src/index.ts'
import type { ModelRegistry } from '../../../../src/registry/contract.ts'
import type { StateStore } from '../../../../src/store/contract.ts'
import { here } from '../../../status.ts'
import {
  ann,
  converged,
  digits,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  serving,
} from '../plane-fixture.ts'

/** Hints by hand: `give` sends a hint, `end` ends or fails the stream, `asked` holds all streams so far. */
function hinting() {
  const asked: { give(key: Key): void; end(error?: Error): void }[] = []
  return {
    asked,
    async *changes(abortSignal: AbortSignal): AsyncIterable<Key> {
      const keys: Key[] = []
      let ended: { error?: Error } | undefined
      let wake = (): void => {}
      asked.push({
        give: (key) => {
          keys.push(key)
          wake()
        },
        end: (error) => {
          ended = error === undefined ? {} : { error }
          wake()
        },
      })
      abortSignal.addEventListener('abort', () => wake())
      while (!abortSignal.aborted) {
        yield* keys.splice(0)
        if (ended?.error !== undefined) throw ended.error
        if (ended !== undefined) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

async function hinted(): Promise<PlaneFixture & { hints: ReturnType<typeof hinting> }> {
  const hints = hinting()
  const first = planeFixture()
  const target: DeploymentTarget = { ...first.target, changes: hints.changes }
  const fixture = planeFixture({ beside: first, plane: { targets: { local: target } } })
  await serving(fixture)
  return { ...fixture, hints }
}

describe('change hints', () => {
  it('of a target bring the next look forward', async () => {
    const { plane, world, clock, hints } = await hinted()
    const { stable = '' } = (await plane.get('digits'))?.status ?? {}
    const ready = async () => here((await plane.get('digits'))?.status).revisions[0]?.state
    await clock.advance(1000)
    world.hold(stable, { state: 'unready' })
    await clock.advance(1000)
    expect(await ready()).toBe('ready')
    hints.asked[0]?.give('default/digits')
    await clock.advance(1)
    expect(await ready()).toBe('unready')
    await plane.stop()
  })

  it('of a registry bring the next look at each deployment of the model forward', async () => {
    const fixture = planeFixture()
    const { plane, registry, clock } = fixture
    await registerVersions(registry, '1', '2')
    await registry.setAlias('digits', 'champion', '1')
    await plane.start()
    await plane.apply(digits('1', { model: 'models/digits@champion' }), { actor: ann })
    await converged(fixture, 1)
    await clock.advance(1000)
    await registry.setAlias('digits', 'champion', '2')
    await clock.advance(10)
    expect((await plane.get('digits'))?.status?.rollout.phase).toBe('starting')
    await plane.stop()
  })

  it('of a registry concern only the deployments of the model, and read nothing from the store', async () => {
    const first = planeFixture()
    const counts = { listed: 0, resolved: 0 }
    const store: StateStore = {
      ...first.store,
      async *list(kind) {
        for await (const stored of first.store.list(kind)) {
          counts.listed += 1
          yield stored
        }
      },
    }
    const registry: ModelRegistry = {
      ...first.registry,
      async resolve(...call) {
        counts.resolved += 1
        return first.registry.resolve(...call)
      },
    }
    const fixture = planeFixture({ beside: first, plane: { store, registries: { models: registry } } })
    const { plane, clock } = fixture
    await serving(fixture)
    for (let place = 0; place < 20; place += 1) {
      await plane.apply({ ...digits('1'), metadata: { name: `d${place}` } }, { actor: ann })
    }
    await clock.advance(20_000)
    counts.listed = 0
    counts.resolved = 0
    for (let model = 0; model < 200; model += 1) {
      await first.registry.register({
        name: `unrelated-${model}`,
        version: '1',
        artifact: { kind: 'files', files: [{ uri: 'file:///x' }] },
      })
      await clock.advance(1)
    }
    expect(counts).toEqual({ listed: 0, resolved: 0 })
    await registerVersions(first.registry, '2')
    await clock.advance(1)
    expect(counts.resolved).toBeGreaterThan(0)
    await plane.stop()
  })

  it('are asked for again, at growing intervals, when their stream ends or fails', async () => {
    const { plane, clock, hints, world } = await hinted()
    for (const error of [undefined, new Error('the stream was reset')]) {
      hints.asked.at(-1)?.end(error)
      await clock.advance(2100)
    }
    expect(hints.asked).toHaveLength(3)
    for (let minute = 0; minute < 10; minute += 1) {
      hints.asked.at(-1)?.end(new Error('down'))
      await clock.advance(60_000)
    }
    expect(hints.asked.length).toBeLessThan(16)
    const { stable = '' } = (await plane.get('digits'))?.status ?? {}
    world.hold(stable, { state: 'unready' })
    hints.asked.at(-1)?.give('default/digits')
    await clock.advance(1)
    expect(here((await plane.get('digits'))?.status).revisions[0]?.state).toBe('unready')
    await plane.stop()
    expect(clock.pendingTimers).toBe(0)
  })

  it('do not delay a stop or keep the lease when their stream never ends', async () => {
    const first = planeFixture()
    const target: DeploymentTarget = {
      ...first.target,
      async *changes() {
        await new Promise(() => {})
      },
    }
    const { plane, clock } = planeFixture({ beside: first, plane: { targets: { local: target } } })
    await plane.start()
    await clock.advance(10)
    await plane.stop()
    expect(plane.health().leading).toBe(false)
  })
})
