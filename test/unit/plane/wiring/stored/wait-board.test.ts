import { describe, expect, it } from 'vitest'
import { createWaitBoard } from '../../../../../src/plane/wiring/stored/wait-board.ts'
import type { TypedObject } from '../../../../../src/store/typed-store.ts'
import { ann, digits, planeFixture, registerVersions } from '../../plane-fixture.ts'

describe('waits', () => {
  it('read the store as often for each deployment, however many wait at the same time', async () => {
    const readsOf = async (count: number): Promise<number> => {
      const fixture = planeFixture()
      const { plane, store, registry, clock } = fixture
      await registerVersions(registry, '1')
      let reads = 0
      const { get } = store
      Object.assign(store, {
        get: (...call: Parameters<typeof get>) => {
          reads += 1
          return get(...call)
        },
      })
      await plane.start()
      const waited = Array.from({ length: count }, async (_, place) => {
        const name = `d${place}`
        await plane.apply({ ...digits('1'), metadata: { name } }, { actor: ann })
        return plane.wait(name)
      })
      const all = Promise.all(waited)
      await clock.advance(30_000)
      await all
      await plane.stop()
      return reads / count
    }
    const [few, many] = [await readsOf(5), await readsOf(50)]
    expect(many).toBeLessThan(1.5 * few)
  })
})

describe('the board of waits', () => {
  const stored = (name: string, kind = 'ModelDeployment'): TypedObject =>
    ({ kind, key: `default/${name}` }) as TypedObject
  const commit = { facts: [], by: 'loop' } as const

  it('wakes those who wait for the deployment, and nobody else', () => {
    const board = createWaitBoard()
    const woken: string[] = []
    const leave = board.watch('default/a', () => woken.push('a1'))
    board.watch('default/a', () => woken.push('a2'))
    board.watch('default/b', () => woken.push('b'))
    board.committed?.(stored('a'), commit)
    board.committed?.(stored('a', 'ModelRoute'), commit)
    board.committed?.(stored('c'), commit)
    leave()
    leave()
    board.seen?.(stored('a'))
    board.gone?.('ModelDeployment', 'default/b')
    board.gone?.('ModelRoute', 'default/b')
    expect(woken).toEqual(['a1', 'a2', 'a2', 'b'])
  })
})
