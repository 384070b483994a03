import { describe, expect, it } from 'vitest'
import type { TrafficEntry } from '../../../src/resources/deployment/traffic.ts'
import { deployment, route, scenario, tensors } from './scenario.ts'

const endpoints = ['old', 'new'].map((target) => ({
  revision: 'r1',
  target,
  endpoint: { protocol: 'test', address: `r1 at ${target}` },
}))

async function asked(traffic: readonly TrafficEntry[]): Promise<readonly number[]> {
  const { router, at } = scenario({
    routes: [route([{ deployment: 'churn', weight: 1 }])],
    deployments: [deployment('churn', {}, { traffic, endpoints })],
  })
  for (let sent = 0; sent < 100; sent += 1) await router.infer('m', tensors)
  return endpoints.map(({ endpoint }) => {
    try {
      return at(endpoint.address).calls.length
    } catch {
      return 0
    }
  })
}

describe('the traffic of a revision that two targets hold', () => {
  it('goes to the target that the entry names', async () => {
    expect(await asked([{ revision: 'r1', target: 'new', weight: 100 }])).toEqual([0, 100])
  })

  it('is shared by weight when both have some', async () => {
    const [old = 0, other = 0] = await asked([
      { revision: 'r1', target: 'old', weight: 50 },
      { revision: 'r1', target: 'new', weight: 50 },
    ])
    expect([old + other, old > 20, other > 20]).toEqual([100, true, true])
  })

  it('is the weighted requests alone: an entry with a mirror or a match gets none', async () => {
    const traffic = [
      { revision: 'r1', target: 'old', weight: 100 },
      { revision: 'r1', target: 'new', mirror: 50 },
      { revision: 'r1', target: 'new', match: { 'x-group': 'b' } },
    ]
    expect(await asked(traffic)).toEqual([100, 0])
  })
})
