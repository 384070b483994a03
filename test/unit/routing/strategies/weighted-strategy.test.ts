import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../src/clock.ts'
import { choose } from '../../../../src/routing/strategies/weighted-strategy.ts'
import { deployment, route, scenario, scriptedProvider, tensors, vendor } from '../scenario.ts'

describe('weighted choice', () => {
  it('picks every item in proportion to its weight', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(weights, fc.integer(), (list, seed) => {
        const items = list.map((weight, place) => ({ weight, place }))
        const total = list.reduce((sum, weight) => sum + weight, 0)
        const random = seededRandom(seed)
        const hits = list.map(() => 0)
        const rounds = 4000
        for (let round = 0; round < rounds; round += 1) {
          const place = choose(items, random)?.place ?? -1
          hits[place] = (hits[place] ?? 0) + 1
        }
        for (const [place, weight] of list.entries()) {
          const share = weight / total
          // Six standard deviations give about one false alarm in a thousand million draws.
          const slack = 6 * Math.sqrt((share * (1 - share)) / rounds) + 1e-9
          expect(Math.abs((hits[place] ?? 0) / rounds - share)).toBeLessThan(slack)
        }
      }),
      { numRuns: 60, seed: 7 },
    )
  })

  it('picks nothing from an empty list', () => {
    expect(choose([], () => 0)).toBeUndefined()
  })
})

describe('a route with a split', () => {
  const shares = async (input: Parameters<typeof scenario>[0]): Promise<Record<string, number>> => {
    const { router } = scenario(input)
    const counts: Record<string, number> = {}
    for (let round = 0; round < 2000; round += 1) {
      const { revision, provider } = await router.infer('m', tensors)
      const who = revision ?? provider
      counts[who] = (counts[who] ?? 0) + 1
    }
    return counts
  }

  it('chooses the backend by weight, and then the revision by weight', async () => {
    const counts = await shares({
      routes: [route([{ deployment: 'churn', weight: 3 }, vendor('a', 1), vendor('b', 0)])],
      deployments: [deployment('churn', { r1: 80, r2: 20, r3: 0 })],
      providers: { a: scriptedProvider('a'), b: scriptedProvider('b') },
    })
    expect(Object.keys(counts).sort()).toEqual(['a', 'r1', 'r2'])
    expect(counts.r1).toBeGreaterThan(1100)
    expect(counts.r1).toBeLessThan(1300)
    expect(counts.r2).toBeGreaterThan(230)
    expect(counts.r2).toBeLessThan(370)
  })

  it('gives the weight of revisions that are not ready to the other revisions', async () => {
    const counts = await shares({
      routes: [route([{ deployment: 'churn', weight: 1 }])],
      deployments: [
        deployment(
          'churn',
          { r1: 60, r2: 20, r3: 20 },
          {
            endpoints: ['r2', 'r3'].map((revision) => ({
              revision,
              target: 'local',
              endpoint: { protocol: 'test', address: revision },
            })),
          },
        ),
      ],
    })
    expect(counts.r1).toBeUndefined()
    expect(Math.abs((counts.r2 ?? 0) - 1000)).toBeLessThan(140)
  })

  it('never asks an upstream without weight, even when no other upstream is ready or left', async () => {
    const view = deployment(
      'churn',
      { r1: 100, r2: 0 },
      { endpoints: [{ revision: 'r2', target: 'local', endpoint: { protocol: 'test', address: 'r2' } }] },
    )
    const a = scriptedProvider('a', 'unavailable')
    const b = scriptedProvider('b')
    const world = scenario({
      routes: [
        route([{ deployment: 'churn', weight: 1 }]),
        route([vendor('b', 0)], {}, { name: 'none' }),
        route([vendor('a'), vendor('b', 0)], {}, { name: 'one' }),
      ],
      deployments: [view],
      providers: { a, b },
    })
    await expect(world.router.infer('m', tensors)).rejects.toMatchObject({ code: 'no-backend' })
    await expect(world.router.infer('none', tensors)).rejects.toMatchObject({ code: 'no-backend' })
    await expect(world.router.infer('one', tensors)).rejects.toMatchObject({ code: 'unavailable' })
    expect(b.calls).toHaveLength(0)
  })
})
