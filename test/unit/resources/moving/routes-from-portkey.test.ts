import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  defineRoute,
  type Moved,
  type PortkeyMovingOptions,
  routesFromPortkey,
} from '../../../../src/resources/index.ts'
import { draws } from '../../../draws.ts'
import { leftAt } from './accounted.ts'
import { asked } from './asked.ts'

interface Config {
  readonly strategy?: { readonly mode: string; readonly [field: string]: unknown }
  readonly targets?: readonly Config[]
  readonly weight?: number
  readonly [field: string]: unknown
}

const target = (model: string, more: object = {}): Config => ({
  provider: 'openai',
  custom_host: `http://${model}.test/v1`,
  override_params: { model },
  ...more,
})
const of = (mode: string, targets: readonly Config[], more: object = {}): Config => ({
  strategy: { mode },
  targets,
  ...more,
})
const move = (config: Config, options: PortkeyMovingOptions = {}): Promise<Moved> =>
  routesFromPortkey({ request_timeout: 1000, ...config }, options)

/** What Portkey asks while nobody answers: each order of models, with its part of the requests. */
function ordersOf({ strategy, targets = [], override_params }: Config): Orders {
  if (strategy === undefined) return [{ order: (override_params as { model: string }).model, part: 1 }]
  const [first] = targets
  if (strategy.mode === 'single') return first === undefined ? [] : ordersOf(first)
  if (strategy.mode === 'loadbalance') {
    const total = targets.reduce((sum, { weight = 1 }) => sum + weight, 0)
    return targets.flatMap((each) =>
      ordersOf(each).map(({ order, part }) => ({ order, part: (part * (each.weight ?? 1)) / total })),
    )
  }
  return targets
    .map(ordersOf)
    .reduce((before, after) =>
      before.flatMap((one) =>
        after.map((two) => ({ order: `${one.order} ${two.order}`, part: one.part * two.part })),
      ),
    )
}

/** The same of the route, by what docs/routing.md says of fallbacks and attempts. */
function ordersOfRoute({ routes }: Moved): Orders {
  const [input] = routes
  if (input === undefined) return []
  const { backends, fallback, attempts = 2 } = defineRoute(input).spec
  const name = (backend: object): string => ('model' in backend ? String(backend.model) : '')
  const total = backends.reduce((sum, { weight }) => sum + weight, 0)
  return backends.map((backend) => ({
    order: [backend, ...fallback].slice(0, attempts).map(name).join(' '),
    part: backend.weight / total,
  }))
}

type Orders = readonly { readonly order: string; readonly part: number }[]

/** The orders of one that the other has not, or in another part. Weights are rounded, so parts are, too. */
const differing = (some: Orders, others: Orders): readonly string[] =>
  some.flatMap(({ order, part }) => {
    const other = others.find((each) => each.order === order)?.part ?? 0
    return Math.abs(part - other) > 0.0001 ? [`${order}: ${part} and ${other}`] : []
  })

/** Nested strategies over targets that are all different. */
const nested: fc.Arbitrary<Config> = fc
  .letrec<{ node: Config }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.constant({ leaf: true } as Config),
      fc.record({
        strategy: fc.record({ mode: fc.constantFrom('single', 'fallback', 'loadbalance') }),
        targets: fc.array(
          fc
            .tuple(tie('node'), fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }))
            .map(([node, weight]) => (weight === undefined ? node : { ...node, weight })),
          { minLength: 1, maxLength: 3 },
        ),
      }),
    ),
  }))
  .node.map((node) => {
    let count = 0
    const named = (each: Config): Config => {
      if (each.leaf !== true) return { ...each, targets: (each.targets ?? []).map(named) }
      count += 1
      return target(`m${count}`, each.weight === undefined ? {} : { weight: each.weight })
    }
    return named(node)
  })

describe('nested strategies of Portkey', () => {
  it('become a route that asks the same models in the same order and parts, or are told', async () => {
    let same = 0
    let nestedAndSame = 0
    await fc.assert(
      fc.asyncProperty(nested, async (config) => {
        const moved = await move(config)
        const told = moved.left.filter(
          ({ path, reason }) =>
            /targets/.test(path) && !/weight says nothing|reads a weight|asks the first target/.test(reason),
        )
        const wanted = ordersOf(config)
        const found = ordersOfRoute(moved)
        const difference = [...differing(wanted, found), ...differing(found, wanted)]
        const isSame = difference.length === 0
        if (told.length === 0) expect(difference).toEqual([])
        if (isSame) same += 1
        if (isSame && config.targets?.some(({ targets }) => targets !== undefined)) nestedAndSame += 1
      }),
      { numRuns: draws(300, 3000) },
    )
    // Otherwise the property would hold for what tells everything.
    expect(same).toBeGreaterThan(100)
    expect(nestedAndSame).toBeGreaterThan(30)
  })

  it.each([
    ['a target alone', target('a'), { a: 1 }],
    ['a chain', of('fallback', [target('a'), target('b'), target('c')]), { 'a b c': 1 }],
    [
      'a chain in a chain',
      of('fallback', [target('a'), of('fallback', [target('b'), target('c')])]),
      { 'a b c': 1 },
    ],
    [
      'a choice with a fallback for all',
      of('fallback', [of('loadbalance', [target('a', { weight: 3 }), target('b')]), target('c')]),
      { 'a c': 0.75, 'b c': 0.25 },
    ],
    [
      'a choice in a choice',
      of('loadbalance', [
        target('a', { weight: 0.5 }),
        of('loadbalance', [target('b'), target('c')], { weight: 0.5 }),
      ]),
      { a: 0.5, b: 0.25, c: 0.25 },
    ],
    [
      'a choice of chains with the same end',
      of('loadbalance', [
        of('fallback', [target('a'), target('x')]),
        of('fallback', [target('b'), target('x')]),
      ]),
      { 'a x': 0.5, 'b x': 0.5 },
    ],
  ])('are asked by the router as Portkey asks: %s', async (_, config, parts) => {
    const orders = await asked(await move(config), 'portkey', 3000)
    expect([...orders.keys()].sort()).toEqual(Object.keys(parts).sort())
    for (const [order, part] of Object.entries(parts)) expect(orders.get(order)).toBeCloseTo(part, 1)
  })

  it.each([
    [
      'a choice among fallbacks',
      of('fallback', [target('a'), of('loadbalance', [target('b'), target('c')])]),
      'targets[1]',
      'a',
    ],
    [
      'a fallback for one of two',
      of('loadbalance', [target('a'), of('fallback', [target('b'), target('c')])]),
      'targets[1].targets[1]',
      'a,b',
    ],
    [
      'a condition in a chain',
      of('fallback', [target('a'), { strategy: { mode: 'conditional' }, targets: [target('b')] }]),
      'targets[1]',
      'a',
    ],
  ])('are told when a route cannot say them: %s', async (_, config, path, backends) => {
    const moved = await move(config)
    expect(leftAt(moved, path)).toHaveLength(1)
    expect(moved.routes[0]?.spec.backends.map((each) => 'model' in each && each.model).join()).toBe(backends)
    expect(moved.routes[0]?.spec).not.toHaveProperty('fallback')
    // What is in no route needs no provider.
    expect(moved.providers).toHaveLength(backends.split(',').length)
  })

  it('are told when there is nothing to choose or too much to ask', async () => {
    const nothing = await move(of('loadbalance', [target('a', { weight: 0 }), target('b', { weight: 0 })]))
    expect(nothing.routes).toEqual([])
    expect(leftAt(nothing, 'targets[0]')).toEqual(['no target has a weight above 0, so nothing is asked'])
    const long = await move(
      of(
        'fallback',
        [...'abcdefghijkl'].map((model) => target(model)),
      ),
    )
    expect(long.routes[0]?.spec).toMatchObject({ attempts: 10 })
    expect(leftAt(long, 'targets[11]')).toEqual(['a route makes at most 10 calls'])
    const twice = await move(of('fallback', [target('a'), target('a')]))
    expect(leftAt(twice, 'targets[1]')).toEqual(['a route calls each backend at most once for a request'])
  })
})

describe('the models of a config of Portkey', () => {
  const open = of('fallback', [{ provider: '@prod' }, { provider: '@backup' }])

  it('are those that clients send, where the config leaves them open', async () => {
    const { routes } = await move(open, { models: ['gpt-4o', 'o3'] })
    expect(routes.map(({ metadata, spec }) => [metadata.name, spec.backends, spec.fallback])).toEqual([
      ['gpt-4o', [{ provider: 'prod', model: 'gpt-4o' }], [{ provider: 'backup', model: 'gpt-4o' }]],
      ['o3', [{ provider: 'prod', model: 'o3' }], [{ provider: 'backup', model: 'o3' }]],
    ])
  })

  it('are told to be missing without a word of what clients send', async () => {
    const moved = await move(open)
    expect(moved.routes).toEqual([])
    expect(leftAt(moved, 'targets[0]').join()).toContain('asks the model that each request names')
  })

  it('are told to be missing in a config that is one provider, and all else is told, too', async () => {
    const moved = await move({ provider: 'openai', api_key: 'x', cache: { mode: 'simple' } })
    expect(moved.routes).toEqual([])
    expect(leftAt(moved, 'provider').join()).toContain('asks the model that each request names')
    expect(moved.left.map(({ path }) => path)).toEqual(['request_timeout', 'provider', 'api_key', 'cache'])
    const { routes, providers } = await move({ provider: 'openai', api_key: 'x' }, { models: ['gpt-4o'] })
    expect(routes).toMatchObject([
      { metadata: { name: 'portkey' }, spec: { names: ['gpt-4o'], attempts: 1 } },
    ])
    expect(providers).toMatchObject([{ name: 'openai', paths: [''] }])
  })

  it('may stand behind the name of a provider', async () => {
    const { routes, providers } = await move(
      { override_params: { model: '@prod/gpt-4o' } },
      { name: 'Assistant' },
    )
    expect(routes).toMatchObject([
      { metadata: { name: 'assistant' }, spec: { backends: [{ provider: 'prod', model: 'gpt-4o' }] } },
    ])
    expect(providers).toMatchObject([{ name: 'prod', secrets: { apiKey: 'env:PROD_API_KEY' } }])
  })

  it('come from the object around a target', async () => {
    const { routes } = await move(
      of('fallback', [{ provider: 'openai' }, target('b')], { overrideParams: { model: 'a' } }),
    )
    expect(routes[0]?.spec.backends).toEqual([{ provider: 'openai', model: 'a' }])
  })
})

describe('conditions of Portkey', () => {
  const conditional = (conditions: readonly (readonly [query: object, target: string])[]): Config => ({
    strategy: {
      mode: 'conditional',
      conditions: conditions.map(([query, name]) =>
        Object.fromEntries([
          ['query', query],
          ['then', name],
        ]),
      ),
      default: 'usual',
    },
    targets: [
      target('a', { name: 'usual' }),
      target('b', { name: 'fast' }),
      { provider: '@any', name: 'open' },
    ],
  })

  it('are names of routes when they ask for the model only', async () => {
    const moved = await move(
      conditional([
        [{ 'params.model': { $eq: 'quick' } }, 'fast'],
        [{ 'params.model': 'quicker' }, 'fast'],
        [{ 'params.model': { $in: ['x', 'y'] } }, 'open'],
      ]),
      { models: ['gpt-4o'] },
    )
    expect(
      moved.routes.map(({ spec: { names, backends } }) => [
        names,
        backends.map((each) => 'model' in each && each.model),
      ]),
    ).toEqual([
      [['quick', 'quicker'], ['b']],
      [undefined, ['x']],
      [undefined, ['y']],
      [['gpt-4o'], ['a']],
    ])
    expect(moved.left.filter(({ path }) => path.startsWith('strategy'))).toEqual([])
  })

  it('are told when they ask for more, and their targets become routes that the app may ask', async () => {
    const moved = await move(
      conditional([
        [{ 'metadata.plan': { $eq: 'paid' } }, 'fast'],
        [{ 'params.model': { $regex: 'x' } }, 'nobody'],
      ]),
    )
    expect(moved.routes.map(({ metadata }) => metadata.name)).toEqual(['portkey-fast', 'portkey'])
    expect(leftAt(moved, 'strategy.conditions[0].query')).toHaveLength(1)
    expect(leftAt(moved, 'strategy.conditions[1].then')).toEqual(['no target has this name'])
  })
})

describe('other fields of Portkey', () => {
  it.each([
    ['retry', { attempts: 3 }],
    ['cache', { mode: 'simple' }],
    ['forwardHeaders', ['x-a']],
    ['output_guardrails', [{ 'default.contains': {} }]],
    ['cb_config', { failure_threshold: 3 }],
  ])('are told with what takes their place: %s', async (field, value) => {
    const { left } = await move({ ...target('a'), [field]: value })
    expect(left).toContainEqual(expect.objectContaining({ path: field, instead: expect.any(String) }))
  })

  it('give each call its time, and the request time for all of them', async () => {
    const moved = await move(
      of('fallback', [target('a', { request_timeout: 40_000 }), target('b', { requestTimeout: 500 })]),
    )
    expect(moved.routes[0]?.spec.timeouts).toEqual({ request: '80s', attempt: '40s' })
    expect(leftAt(moved, 'targets[1].requestTimeout')).toHaveLength(1)
    const { left } = await routesFromPortkey(target('a'))
    expect(left).toMatchObject([{ path: 'custom_host' }, { path: 'request_timeout' }])
  })
})
