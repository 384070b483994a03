import { describe, expect, it } from 'vitest'
import { createHttpClient } from '../../../../src/adapter.ts'
import {
  allow,
  type ControlPlaneOptions,
  createControlPlane,
  envSecrets,
  hostedTarget,
  memoryProvider,
  memoryRegistry,
  rule,
  rulesPolicy,
} from '../../../../src/index.ts'
import { createRouter } from '../../../../src/routing/index.ts'
import { ann } from '../plane-fixture.ts'

const planeOf = () =>
  createControlPlane({
    registries: { models: memoryRegistry({ name: 'models', versions: [] }) },
    targets: { vendor: hostedTarget() },
    providers: { echo: memoryProvider({ chat: () => 'Hello!' }) },
  })

describe('deploy', () => {
  it('declares what apply declares, with labels and annotations', async () => {
    const plane = planeOf()
    const spec = { model: 'models/greeter', target: 'vendor' } as const
    const options = { actor: ann, labels: { team: 'risk' }, annotations: { ticket: '7' } }
    expect(await plane.deploy('greeter', spec, options)).toEqual({
      kind: 'ModelDeployment',
      key: 'default/greeter',
      generation: 1,
      change: 'created',
    })
    const { labels, annotations } = options
    const same = await plane.apply({ metadata: { name: 'greeter', labels, annotations }, spec }, options)
    expect(same).toMatchObject({ change: 'unchanged' })
  })

  it('takes a namespace before the name', async () => {
    const plane = planeOf()
    const applied = await plane.deploy(
      'risk/greeter',
      { model: 'models/x', target: 'vendor' },
      { actor: ann },
    )
    expect(applied.key).toBe('risk/greeter')
  })

  it('refuses a name that is no DNS label', async () => {
    const plane = planeOf()
    const call = plane.deploy('a/b/c', { model: 'models/x', target: 'vendor' }, { actor: ann })
    await expect(call).rejects.toMatchObject({ code: 'invalid-resource' })
    await expect(call).rejects.toThrow(/metadata\.name is "b\/c"/)
  })
})

describe('route', () => {
  it('declares a route that the router serves at once', async () => {
    const plane = planeOf()
    await plane.start()
    const spec = { operations: ['chat'], backends: [{ provider: 'echo', model: 'parrot' }] } as const
    expect(await plane.route('greeter', spec, { actor: ann })).toMatchObject({
      kind: 'ModelRoute',
      key: 'default/greeter',
      change: 'created',
    })
    const { reply } = await plane.router.chat('greeter', { messages: [] })
    expect(reply.choices[0]?.content).toEqual([{ type: 'text', text: 'Hello!' }])
    await plane.stop()
  })
})

describe('names', () => {
  it('are what the plane was given, and its own metric source', () => {
    expect(planeOf().names).toEqual({
      registries: ['models'],
      targets: ['vendor'],
      providers: ['echo'],
      policies: [],
      metrics: ['plane'],
      secrets: [],
    })
  })
})

describe('the names of a plane’s parts', () => {
  it.each([
    ['a name in targets is "my target"', { targets: { 'my target': hostedTarget() } }],
    ['a name in targets is ""', { targets: { '': hostedTarget() } }],
    ['a name in registries is "a/b"', { registries: { 'a/b': memoryRegistry({ name: 'a/b' }) } }],
    ['a name in secrets is "ENV"', { secrets: { ENV: envSecrets() } }],
  ])('are refused when no resource can write them: %s', (message, options) => {
    expect(() => createControlPlane(options as ControlPlaneOptions)).toThrow(message)
  })

  it('are refused when two policy engines have the same', () => {
    const engine = rulesPolicy('twice', [rule('any', { on: 'deploy', check: () => allow() })])
    expect(() => createControlPlane({ policies: [engine, engine] })).toThrow('two engines called "twice"')
  })
})

describe('on an old Node', () => {
  it.each([
    ['createControlPlane', () => createControlPlane()],
    ['createRouter', () => createRouter({ table: { current: undefined } })],
    ['createHttpClient', () => createHttpClient({ baseUrl: 'http://127.0.0.1:1' })],
  ])('%s says which Node it needs', (_name, make) => {
    const versions = Object.getOwnPropertyDescriptor(process, 'versions')
    Object.defineProperty(process, 'versions', {
      value: { ...process.versions, node: '20.20.2' },
      configurable: true,
    })
    try {
      expect(make).toThrow('Modelspine needs Node 22.19 or later, and this is Node 20.20.2')
    } finally {
      if (versions !== undefined) Object.defineProperty(process, 'versions', versions)
    }
  })
})
