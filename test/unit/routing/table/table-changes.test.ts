import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../../src/clock.ts'
import { type Key, keyOf } from '../../../../src/resources/metadata.ts'
import type { ModelRoute, RouteBackend } from '../../../../src/resources/route/model-route.ts'
import { emptySnapshotMap, type SnapshotMap } from '../../../../src/routing/table/snapshot-map.ts'
import type { RouteTable } from '../../../../src/routing/table/table.ts'
import type { RouteTableChanges } from '../../../../src/routing/table/table-builder.ts'
import { createRouteTableHolder } from '../../../../src/routing/table/table-holder.ts'
import type { DeploymentView } from '../../../../src/routing/table/upstreams.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { deployment, route, scenario, scriptedProvider, tensors, vendor } from '../scenario.ts'

function changes(
  routes: readonly ModelRoute[],
  views: readonly DeploymentView[] = [],
  gone: Partial<Record<keyof RouteTableChanges, readonly Key[]>> = {},
): RouteTableChanges {
  return {
    routes: new Map<Key, ModelRoute | undefined>([
      ...routes.map((each) => [keyOf(each.metadata), each] as const),
      ...(gone.routes ?? []).map((key) => [key, undefined] as const),
    ]),
    deployments: new Map<Key, DeploymentView | undefined>([
      ...views.map((view) => [view.key, view] as const),
      ...(gone.deployments ?? []).map((key) => [key, undefined] as const),
    ]),
  }
}

const to = (name: string, weight = 1) => ({ deployment: name, weight })
const routeTo = (name: string): ModelRoute => route([to(name)], {}, { name })

/** What requests can see of a table, without the identity of its connections. */
function seen(table: RouteTable | undefined) {
  const routes = (table?.routes ?? []).map(({ plans, streamPlans: _plans, load: _load, ...rest }) => ({
    ...rest,
    plans: Object.entries(plans).map(([operation, { backends, fallback }]) => [
      operation,
      [backends, fallback].map((choices) =>
        choices.map(({ weight, upstreams }) => [
          weight,
          upstreams.map(({ connection: _, state, ...upstream }) => ({
            ...upstream,
            inFlight: state.inFlight,
          })),
        ]),
      ),
    ]),
  }))
  const byKey = (one: { readonly key: string }, other: { readonly key: string }): number =>
    one.key < other.key ? -1 : 1
  return {
    found: ['a', 'b', 'c', 'd', 'default/a', 'x', 'org/y'].map((name) => table?.find(name)?.key),
    routes: routes.sort(byKey),
    problems: (table?.problems ?? []).map((each) => JSON.stringify(each)).sort(),
  }
}

describe('a change of the route table', () => {
  it.each([10, 1000])('compiles only the routes that it concerns, among %i routes', (size) => {
    const names = Array.from({ length: size }, (_, place) => `d${place}`)
    const { holder } = scenario({
      routes: names.map(routeTo),
      deployments: names.map((name) => deployment(name, { [`${name}-1`]: 100 })),
    })
    expect(holder.compiledRoutes).toBe(size)
    holder.change(changes([], [deployment('d7', { 'd7-1': 50, 'd7-2': 50 })]))
    expect(holder.current?.find('d7')?.plans.infer?.backends[0]?.upstreams).toHaveLength(2)
    expect(holder.compiledRoutes).toBe(size + 1)
    holder.change(changes([routeTo('new')]))
    expect(holder.current?.find('new')).toBeDefined()
    expect(holder.compiledRoutes).toBe(size + 2)
  })

  it('compiles nothing for a deployment without a route, or whose traffic has not changed', () => {
    const { holder } = scenario({ routes: [routeTo('a')], deployments: [deployment('a', { r1: 100 })] })
    const { current, compiledRoutes } = holder
    holder.change(changes([], [deployment('a', { r1: 100 }), deployment('b', { r1: 100 })]))
    expect(holder.current).toBe(current)
    expect(holder.compiledRoutes).toBe(compiledRoutes)
  })

  it('is made once for all changes of a turn', async () => {
    const { holder } = scenario({ routes: [routeTo('a')], deployments: [deployment('a', { r0: 100 })] })
    const before = holder.compiledRoutes
    for (let round = 1; round <= 100; round += 1) {
      holder.change(changes([], [deployment('a', { [`r${round}`]: 100 })]))
    }
    await nextTurn()
    expect(holder.compiledRoutes).toBe(before + 1)
    expect(holder.current?.find('a')?.plans.infer?.backends[0]?.upstreams[0]?.identity.revision).toBe('r100')
  })

  it('leaves the snapshots before it as they were', () => {
    const { holder } = scenario({ routes: [routeTo('a')], deployments: [deployment('a', { r1: 100 })] })
    const before = holder.current
    holder.change(changes([routeTo('b')], [deployment('a', { r2: 100 })]))
    holder.change(changes([], [], { routes: ['default/b'] }))
    expect(holder.current?.find('b')).toBeUndefined()
    holder.change(changes([], [], { routes: ['default/a'] }))
    expect(holder.current?.find('a')).toBeUndefined()
    expect(before?.find('a')?.plans.infer?.backends[0]?.upstreams[0]?.identity.revision).toBe('r1')
    expect(before?.find('b')).toBeUndefined()
  })

  it('is not seen by a request under way', async () => {
    const world = scenario({ routes: [routeTo('a')], deployments: [deployment('a', { r1: 100 })] })
    world.at('r1').script = 'hang'
    const caller = new AbortController()
    const call = world.router.infer('a', tensors, { abortSignal: caller.signal })
    call.catch(() => {})
    world.holder.change(changes([], [deployment('a', { r2: 100 })]))
    expect((await world.router.infer('a', tensors)).revision).toBe('r2')
    expect(world.at('r1').closed).toBe(0)
    caller.abort()
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
  })

  it('closes the connections that no route uses any more, and no others', async () => {
    const shared = {
      endpoints: [{ revision: 'r1', target: 'local', endpoint: { protocol: 'test', address: 'shared' } }],
    }
    const world = scenario({
      routes: [routeTo('a'), routeTo('b')],
      deployments: [deployment('a', { r1: 100 }, shared), deployment('b', { r1: 100 }, shared)],
    })
    world.holder.change(changes([], [], { routes: ['default/a'] }))
    await nextTurn()
    await world.clock.advance(2000)
    expect(world.at('shared').closed).toBe(0)
    world.holder.change(changes([], [], { deployments: ['default/b'] }))
    await nextTurn()
    await world.clock.advance(2000)
    expect(world.at('shared').closed).toBe(1)
    expect(world.clock.pendingTimers).toBe(0)
  })

  it('is not seen before a prepared table is published', () => {
    const clock = createFakeClock()
    const holder = createRouteTableHolder({ clock })
    holder.change(changes([routeTo('a')]))
    holder.prepare({ providers: { v: scriptedProvider('v') }, connect: {} })
    holder.change(changes([route([vendor('v')], {}, { name: 'a' })]))
    expect(holder.current).toBeUndefined()
    holder.publish()
    expect(holder.current?.find('a')?.plans.infer?.backends).toHaveLength(1)
  })

  it('leads to the table that is built from nothing, whatever came before', () => {
    const names = ['a', 'b', 'c', 'd'] as const
    const name = fc.constantFrom(...names)
    const publicName = fc.constantFrom('a', 'b', 'x', 'org/y')
    const backend = fc.record({ deployment: name, weight: fc.integer({ min: 0, max: 2 }) })
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('route' as const),
        name,
        backends: fc.array(backend, { minLength: 1, maxLength: 3 }),
        publicNames: fc.option(fc.uniqueArray(publicName, { minLength: 1 }), { nil: undefined }),
      }),
      fc.record({ kind: fc.constant('view' as const), name, revision: fc.constantFrom('r1', 'r2', 'r3') }),
      fc.record({ kind: fc.constantFrom('no-route' as const, 'no-view' as const), name }),
    )
    const routeOf = (drawn: {
      readonly name: string
      readonly backends: readonly RouteBackend[]
      readonly publicNames: readonly string[] | undefined
    }): ModelRoute => {
      const { name, backends, publicNames: names } = drawn
      return route(backends, names === undefined ? {} : { names }, { name })
    }
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), (turns) => {
        const routes = new Map<Key, ModelRoute>()
        const views = new Map<Key, DeploymentView>()
        const world = scenario({})
        for (const steps of turns) {
          // A route that goes and comes back in one turn keeps its place.
          const changed = new Map<Key, ModelRoute | undefined>()
          for (const each of steps) {
            const key: Key = `default/${each.name}`
            if (each.kind === 'route' || each.kind === 'no-route') {
              const next = each.kind === 'route' ? routeOf(each) : undefined
              changed.set(key, next)
              world.holder.change({ routes: new Map([[key, next]]), deployments: new Map() })
              continue
            }
            if (each.kind === 'view') views.set(key, deployment(each.name, { [each.revision]: 100 }))
            else views.delete(key)
            world.holder.change({ routes: new Map(), deployments: new Map([[key, views.get(key)]]) })
          }
          for (const [key, next] of changed) {
            if (next === undefined) routes.delete(key)
            else routes.set(key, next)
          }
          const anew = scenario({ routes: [...routes.values()], deployments: [...views.values()] })
          expect(seen(world.holder.current)).toEqual(seen(anew.holder.current))
        }
      }),
    )
  })
})

describe('a snapshot map', () => {
  /** These two texts have one FNV-1a hash of 32 bits. */
  const twins = ['costarring', 'liquid'] as const

  it('is a map, and every copy of it stays as it was', () => {
    const key = fc.oneof(fc.constantFrom(...twins), fc.integer({ min: 0, max: 200 }).map(String))
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.option(fc.nat())), { maxLength: 300 }), (steps) => {
        const copies: [Map<string, number>, SnapshotMap<number>][] = []
        const truth = new Map<string, number>()
        let map = emptySnapshotMap<number>()
        for (const [at, value] of steps) {
          if (value === null) truth.delete(at)
          else truth.set(at, value)
          map = value === null ? map.without(at) : map.with(at, value)
          if (copies.length < 20) copies.push([new Map(truth), map])
        }
        for (const [then, copy] of [...copies, [truth, map] as const]) {
          for (const [at] of steps) expect(copy.get(at)).toBe(then.get(at))
          expect([...copy.values()].sort()).toEqual([...then.values()].sort())
        }
      }),
      { numRuns: 50 },
    )
  })

  it('keeps keys of one hash apart', () => {
    const [one, other] = twins
    const map = emptySnapshotMap<number>().with(one, 1).with(other, 2)
    expect([map.get(one), map.get(other)]).toEqual([1, 2])
    expect(map.without(one).get(other)).toBe(2)
    expect(map.without(one).get(one)).toBeUndefined()
  })
})
