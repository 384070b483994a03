import { describe, expect, it } from 'vitest'
import { createControlPlane, hostedTarget, memoryProvider, memoryRegistry } from '../../../../src/index.ts'
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
    expect(reply.content).toEqual([{ type: 'text', text: 'Hello!' }])
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
