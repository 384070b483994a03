import { describe, expect, it } from 'vitest'
import type { StateStore } from '../../../../../src/store/contract.ts'
import { ann, planeFixture, route, serving } from '../../plane-fixture.ts'

const request = { kind: 'tensors' as const, inputs: [] }

/** Two planes over one store. The watch of the second one can die without a word, and never begin again. */
async function pair() {
  const one = planeFixture()
  const dead = { now: false }
  const warnings: string[] = []
  const lists = { begun: 0 }
  const shared: StateStore = { ...one.store, close: async () => {} }
  const store: StateStore = {
    ...shared,
    list(kind) {
      lists.begun += 1
      return shared.list(kind)
    },
    async *watch(abortSignal) {
      for await (const change of shared.watch(abortSignal)) {
        if (dead.now) await new Promise(() => {})
        yield change
      }
    },
  }
  const logger = {
    debug() {},
    info() {},
    error() {},
    warn: (_: unknown, text: string) => void warnings.push(text),
  }
  const two = planeFixture({ beside: one, plane: { store, name: 'two', logger } })
  await serving(one)
  await one.clock.advance(100)
  await two.plane.start()
  return { one, two, dead, warnings, lists }
}

describe('a watch of the store that has died silently', () => {
  it('is found out in 15 s, and what it did not tell is read', async () => {
    const { one, two, dead, warnings } = await pair()
    await one.clock.advance(1)
    dead.now = true
    await one.plane.apply(route(), { actor: ann })
    await one.clock.advance(15_000)
    await two.plane.router.infer('digits', request)
    expect(warnings.join()).toContain('the watch of the store told nothing')
    // It is still dead, so the next change is found in the same way.
    await one.plane.delete('digits', { actor: ann, kind: 'ModelRoute' })
    await one.clock.advance(15_000)
    await expect(two.plane.router.infer('digits', request)).rejects.toMatchObject({ code: 'no-route' })
    await two.plane.stop()
    await one.plane.stop()
    expect(one.clock.pendingTimers).toBe(0)
  })

  it('is not suspected while it tells changes, and nobody is warned of a quiet store', async () => {
    const { one, two, warnings, lists } = await pair()
    await one.clock.advance(9_000)
    const begun = lists.begun
    for (let change = 0; change < 10; change += 1) {
      await one.plane.apply(route('digits', { timeout: `${change + 1}s` }), { actor: ann })
      await one.clock.advance(9_000)
    }
    expect(lists.begun).toBe(begun)
    await one.clock.advance(60_000)
    expect(lists.begun).toBeGreaterThan(begun)
    expect(warnings).toEqual([])
    await two.plane.stop()
    await one.plane.stop()
  })
})
