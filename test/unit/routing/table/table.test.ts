import { describe, expect, it } from 'vitest'
import { deployment, route, scenario, scriptedProvider, vendor } from '../scenario.ts'

const churn = { deployment: 'churn', weight: 1 }

describe('the route table', () => {
  it('finds routes of the default namespace by name, and other routes by namespace and name', () => {
    const { holder } = scenario({
      routes: [route([vendor('a')]), route([vendor('a')], {}, { namespace: 'risk' })],
      providers: { a: scriptedProvider('a') },
    })
    const table = holder.current
    expect(table?.find('m')?.key).toBe('default/m')
    expect(table?.find('default/m')?.key).toBe('default/m')
    expect(table?.find('risk/m')?.key).toBe('risk/m')
    expect(table?.find('other')).toBeUndefined()
    expect(table?.find('constructor')).toBeUndefined()
    expect(table?.routes.map(({ names }) => names)).toEqual([['m'], ['risk/m']])
  })

  it('finds a route by each name that it declares, and by no other', () => {
    const { holder } = scenario({
      routes: [
        route([vendor('a')], { names: ['gpt-4.1-mini', 'org/Model-8B', 'o3:latest'] }),
        route([vendor('a')], { names: ['m'] }, { namespace: 'risk' }),
      ],
      providers: { a: scriptedProvider('a') },
    })
    const find = (name: string): string | undefined => holder.current?.find(name)?.key
    expect(['gpt-4.1-mini', 'org/Model-8B', 'o3:latest'].map(find)).toEqual(Array(3).fill('default/m'))
    expect(find('m')).toBe('risk/m')
    expect(['default/m', 'risk/m', 'default/gpt-4.1-mini', 'GPT-4.1-mini'].map(find)).toEqual(
      Array(4).fill(undefined),
    )
    expect(holder.current?.problems).toEqual([])
  })

  it('gives a name to the first route that has it, and to the next one when that is gone', () => {
    const { holder } = scenario({
      routes: [
        route([vendor('a')], { names: ['x', 'y'] }, { name: 'one' }),
        route([vendor('a')], { names: ['y', 'z'] }, { name: 'two' }),
        route([vendor('a')], {}, { name: 'y' }),
      ],
      providers: { a: scriptedProvider('a') },
    })
    const find = (name: string): string | undefined => holder.current?.find(name)?.key
    const problems = () => holder.current?.problems.map(({ route, part, reason }) => [route, part, reason])
    expect(['x', 'y', 'z'].map(find)).toEqual(['default/one', 'default/one', 'default/two'])
    expect(problems()).toEqual([
      ['default/two', 'name y', 'NameTaken'],
      ['default/y', 'name y', 'NameTaken'],
    ])
    expect(holder.current?.problems[0]?.message).toBe(
      'the name "y" leads to route default/one, which was there first',
    )
    holder.change({ routes: new Map([['default/one', undefined]]), deployments: new Map() })
    expect(['x', 'y', 'z'].map(find)).toEqual([undefined, 'default/two', 'default/two'])
    expect(problems()).toEqual([['default/y', 'name y', 'NameTaken']])
  })

  it('lists the backends that it cannot use, and does not throw', () => {
    const { holder } = scenario({
      routes: [
        route([churn, { deployment: 'nowhere', weight: 1 }, vendor('nobody'), vendor('toString')]),
        route([{ deployment: 'odd', weight: 1 }], {}, { name: 'n' }),
        route([{ deployment: 'refusing', weight: 1 }], {}, { name: 'o' }),
        route([vendor('infers')], {}, { name: 'p' }),
      ],
      deployments: [
        deployment('churn', { r1: 100 }, { endpoints: [] }),
        deployment(
          'odd',
          { r1: 100 },
          {
            endpoints: [{ revision: 'r1', target: 'local', endpoint: { protocol: 'gopher', address: 'x' } }],
          },
        ),
        deployment(
          'refusing',
          { r1: 100 },
          {
            endpoints: [{ revision: 'r1', target: 'local', endpoint: { protocol: 'broken', address: 'x' } }],
          },
        ),
      ],
      providers: {
        infers: {
          ...scriptedProvider('infers'),
          capabilities: { operations: ['infer'], streaming: false, dialects: [] },
        },
      },
      connect: {
        broken: () => {
          throw new Error('no such address')
        },
      },
    })
    const problems = holder.current?.problems ?? []
    expect(problems.map(({ route, part, reason }) => [route, part, reason])).toEqual([
      ['default/m', 'deployment churn', 'NoReadyRevision'],
      ['default/m', 'deployment nowhere', 'UnknownDeployment'],
      ['default/m', 'provider nobody', 'UnknownProvider'],
      ['default/m', 'provider toString', 'UnknownProvider'],
      ['default/n', 'deployment odd', 'UnknownProtocol'],
      ['default/o', 'deployment refusing', 'ConnectFailed'],
      ['default/p', 'provider infers', 'OperationUnsupported'],
      ['default/p', 'provider infers', 'OperationUnsupported'],
    ])
    expect(problems[2]?.message).toBe('there is no provider "nobody"; the providers are: infers')
    expect(problems[5]?.message).toContain('no such address')
    expect(holder.current?.find('p')?.plans.infer?.backends).toHaveLength(1)
  })

  it('looks for a deployment in the namespace of its route', () => {
    const view = { ...deployment('churn', { r1: 100 }), key: 'risk/churn' as const }
    const { holder } = scenario({
      routes: [route([churn], {}, { namespace: 'risk' }), route([{ deployment: 'risk/churn', weight: 1 }])],
      deployments: [view],
    })
    expect(holder.current?.problems).toEqual([])
  })

  it('keeps connections when only weights change, and closes unused connections after the grace', async () => {
    const world = scenario({
      routes: [route([churn])],
      deployments: [deployment('churn', { r1: 95, r2: 5 })],
    })
    const [first, second] = [world.at('r1'), world.at('r2')]
    world.load({ routes: [route([churn])], deployments: [deployment('churn', { r1: 50, r2: 50 })] })
    expect([world.at('r1'), world.at('r2')]).toEqual([first, second])
    world.load({ routes: [route([churn])], deployments: [deployment('churn', { r2: 100 })] })
    await world.clock.advance(999)
    expect(first.closed).toBe(0)
    await world.clock.advance(1)
    expect([first.closed, second.closed]).toEqual([1, 0])
    expect(world.clock.pendingTimers).toBe(0)
  })

  it('uses a connection again that is needed again within the grace', async () => {
    const both = { routes: [route([churn])], deployments: [deployment('churn', { r1: 50, r2: 50 })] }
    const world = scenario(both)
    const first = world.at('r1')
    world.load({ routes: [route([churn])], deployments: [deployment('churn', { r2: 100 })] })
    world.load(both)
    await world.clock.advance(10_000)
    expect(world.at('r1')).toBe(first)
    expect(first.closed).toBe(0)
  })

  it('waits for running calls before it closes a connection, but not for ever', async () => {
    for (const endsAfterMs of [3000, 60_000]) {
      const world = scenario({
        routes: [route([churn], { timeout: '1h' })],
        deployments: [deployment('churn', { r1: 100 })],
      })
      const first = world.at('r1')
      first.script = 'hang'
      const caller = new AbortController()
      const call = world.router.infer('m', { kind: 'tensors', inputs: [] }, { abortSignal: caller.signal })
      call.catch(() => {})
      world.load({})
      await world.clock.advance(2999)
      expect(first.closed).toBe(0)
      if (endsAfterMs === 3000) caller.abort()
      await world.clock.advance(1)
      expect(first.closed).toBe(endsAfterMs === 3000 ? 1 : 0)
      await world.clock.advance(3000)
      expect(first.closed).toBe(1)
      caller.abort()
      await expect(call).rejects.toMatchObject({ code: 'aborted' })
      expect(first.closed).toBe(1)
    }
  })

  it('does not close a provider of the plane, even when an endpoint leads to that provider', async () => {
    const shared = scriptedProvider('shared')
    const world = scenario({
      routes: [route([churn])],
      deployments: [deployment('churn', { r1: 100 })],
      providers: { shared },
      connect: { test: () => shared },
    })
    world.load({})
    await world.clock.advance(10_000)
    await world.holder.close()
    expect(shared.closed).toBe(0)
  })

  it('does not let retired connections pile up', () => {
    const world = scenario({})
    for (let round = 0; round < 100; round += 1) {
      world.load({ routes: [route([churn])], deployments: [deployment('churn', { [`r${round}`]: 100 })] })
    }
    expect(world.at('r0').closed).toBe(1)
    expect(world.at('r99').closed).toBe(0)
    expect(world.clock.pendingTimers).toBeLessThanOrEqual(64)
  })
})
