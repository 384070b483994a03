import { describe, expect, it } from 'vitest'
import { ModelspineError, memoryStore } from '../../../../src/index.ts'
import type { StateStore } from '../../../../src/store/contract.ts'
import { ann, digits, inTime, planeFixture, registerVersions } from '../plane-fixture.ts'

const bad = 'default/bad'

function scene(error: ModelspineError) {
  const { clock } = planeFixture()
  const inner = memoryStore({ clock })
  const hurt = { now: false, asked: 0 }
  const store: StateStore = {
    ...inner,
    async get(kind, key) {
      if (!hurt.now || key !== bad) return inner.get(kind, key)
      hurt.asked += 1
      throw error
    },
  }
  const fixture = planeFixture({ beside: { ...planeFixture(), clock, store } })
  return { ...fixture, fixture, hurt }
}

describe('a deployment whose runs fail', () => {
  it.each<[string, ModelspineError]>([
    ['cannot be read', new ModelspineError('store-corrupt', 'not JSON', { details: { key: bad } })],
    ['fails with the store itself', new ModelspineError('store-unavailable', 'locked')],
  ])('is asked for ever more rarely while it alone %s', async (_what, error) => {
    const { fixture, plane, clock, registry, hurt } = scene(error)
    await registerVersions(registry, '1')
    const names = Array.from({ length: 30 }, (_, place) => `good-${place}`)
    for (const name of ['bad', ...names]) {
      await plane.apply({ ...digits('1'), metadata: { name } }, { actor: ann })
    }
    await plane.start()
    await clock.advance(60_000)
    let failing = 0
    plane.on('part-failing', () => (failing += 1))
    hurt.now = true
    for (let passed = 0; passed < 20 * 60_000; passed += 6000) await clock.advance(6000)
    expect(hurt.asked).toBeLessThan(110)
    if (error.code === 'store-corrupt') expect(failing).toBe(0)
    await inTime(fixture, plane.stop())
  })
})
