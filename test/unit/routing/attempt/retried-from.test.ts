import { describe, expect, it } from 'vitest'
import type { AttemptStart } from '../../../../src/telemetry/contract.ts'
import { deployment, route, type Scenario, scenario, scriptedProvider, tensors, vendor } from '../scenario.ts'

/** `stable` answers, `canary` has all the traffic at first. */
function churn(): { world: Scenario; begun: AttemptStart[] } {
  const begun: AttemptStart[] = []
  const world = scenario(
    {
      routes: [
        route([{ deployment: 'churn', weight: 1 }], { attempts: 4, fallback: [vendor('other')] }),
        route(
          [{ provider: 'other', model: 'm', weight: 1 }],
          { fallback: [{ deployment: 'churn', weight: 1 }] },
          { name: 'second' },
        ),
      ],
      deployments: [deployment('churn', { stable: 1, canary: 1_000_000_000 }, { stable: 'stable' })],
      providers: { other: scriptedProvider('other', 'unavailable') },
    },
    { observers: [{ started: () => ({ attempting: (start) => void begun.push(start) }) }] },
  )
  return { world, begun }
}

describe('an attempt', () => {
  it('tells that it follows a failed attempt at another revision of its deployment', async () => {
    const { world, begun } = churn()
    world.at('canary').script = 'unavailable'
    expect(await world.router.infer('m', tensors)).toMatchObject({ revision: 'stable' })
    expect(world.attempts).toMatchObject([{ upstream: { revision: 'canary' } }, { retriedFrom: 'canary' }])
    expect(world.attempts[0]).not.toHaveProperty('retriedFrom')
    expect(begun[0]).not.toHaveProperty('retriedFrom')
    expect(begun).toMatchObject(
      world.attempts.map(({ requestId, kind, upstream, startedAtMs }) => ({
        requestId,
        kind,
        upstream,
        startedAtMs,
      })),
    )
    expect(begun[1]).toMatchObject({ retriedFrom: 'canary' })
  })

  it('is told before its end, and also when it never ends', async () => {
    const { world, begun } = churn()
    world.at('canary').script = 'hang'
    void world.router.infer('m', tensors).catch(() => undefined)
    await world.clock.advance(0)
    expect(begun).toMatchObject([{ upstream: { revision: 'canary' }, startedAtMs: world.clock.now() }])
    expect(world.attempts).toEqual([])
  })

  it('follows nothing when only other deployments and vendors were asked before', async () => {
    const { world } = churn()
    expect(await world.router.infer('second', tensors)).toMatchObject({ revision: 'canary', attempts: 2 })
    expect(world.attempts[1]).toMatchObject({ kind: 'failover', upstream: { revision: 'canary' } })
    expect(world.attempts[1]).not.toHaveProperty('retriedFrom')
  })

  it('names its own revision when the request asked no other one of the deployment', async () => {
    const at = (address: string) => {
      const endpoint = { protocol: 'test', address }
      return deployment(
        'churn',
        { only: 1 },
        { endpoints: [{ revision: 'only', target: 'local', endpoint }] },
      )
    }
    const routes = [route([{ deployment: 'churn', weight: 1 }])]
    const world = scenario({ routes, deployments: [at('old')] })
    world.at('old').infer = async () => {
      world.load({ routes, deployments: [at('new')] })
      return await Promise.reject(new TypeError('moved'))
    }
    await world.router.infer('m', tensors)
    expect(world.attempts.map(({ retriedFrom }) => retriedFrom)).toEqual([undefined, 'only'])
  })

  it('names another revision rather than its own', async () => {
    const at = (address: string) =>
      deployment(
        'churn',
        { stable: 1, canary: 1_000_000_000 },
        {
          stable: 'stable',
          endpoints: [
            { revision: 'canary', target: 'local', endpoint: { protocol: 'test', address: 'canary' } },
            { revision: 'stable', target: 'local', endpoint: { protocol: 'test', address } },
          ],
        },
      )
    const routes = [route([{ deployment: 'churn', weight: 1 }], { attempts: 3 })]
    const world = scenario({ routes, deployments: [at('old')] })
    world.at('canary').script = 'unavailable'
    world.at('old').infer = async () => {
      world.load({ routes, deployments: [at('new')] })
      return await Promise.reject(new TypeError('moved'))
    }
    await world.router.infer('m', tensors)
    expect(world.attempts.map(({ upstream, retriedFrom }) => [upstream.revision, retriedFrom])).toEqual([
      ['canary', undefined],
      ['stable', 'canary'],
      ['stable', 'canary'],
    ])
  })
})
