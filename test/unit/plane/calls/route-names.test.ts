import { describe, expect, it } from 'vitest'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import type { ModelRouteInput } from '../../../../src/resources/route/model-route.ts'
import { ann, type PlaneFixture, planeFixture, route } from '../plane-fixture.ts'

const plane = { providers: { openai: memoryProvider({ chat: () => 'Hello!' }) } }
const backends = [{ provider: 'openai', model: 'm' }]

function named(name: string, names?: readonly string[], namespace = 'default'): ModelRouteInput {
  const spec = { operations: ['chat'] as const, backends, ...(names !== undefined && { names }) }
  return { ...route(name, spec), metadata: { name, namespace } }
}

const apply = (fixture: PlaneFixture, resource: ModelRouteInput): Promise<unknown> =>
  fixture.plane.apply(resource, { actor: ann })

describe('the public names of routes', () => {
  it('reach their route, and not by the name of the resource', async () => {
    const fixture = planeFixture({ plane })
    await apply(fixture, named('assistant', ['gpt-4.1-mini', 'org/Model-8B', 'o3:latest']))
    await fixture.plane.start()
    const { router } = fixture.plane
    for (const name of ['gpt-4.1-mini', 'org/Model-8B', 'o3:latest']) {
      expect((await router.chat(name, { messages: [] })).provider).toBe('memory')
    }
    await expect(router.chat('assistant', { messages: [] })).rejects.toMatchObject({ code: 'no-route' })
    await fixture.plane.stop()
  })

  it.each([
    ['declared', named('other', ['y', 'x']), 'spec.names[1] is "x", which route default/first has.'],
    [
      'declared elsewhere',
      named('other', ['x'], 'risk'),
      'spec.names[0] is "x", which route default/first has.',
    ],
    ['of the resource', named('x'), 'metadata.name makes the model name "x", which route default/first has.'],
    [
      'of the resource elsewhere',
      named('b', undefined, 'a'),
      'metadata.name makes the model name "a/b", which route default/first has.',
    ],
  ])('are refused when another route has them: a name %s', async (_what, wrong, said) => {
    for (const started of [false, true]) {
      const fixture = planeFixture({ plane })
      if (started) await fixture.plane.start()
      await apply(fixture, named('first', ['x', 'a/b']))
      const problems = [`${said} Choose another name, or take it from that route first.`]
      await expect(apply(fixture, wrong)).rejects.toMatchObject({
        code: 'plan-refused',
        details: { problems },
      })
      expect(await fixture.plane.plan(wrong, { actor: ann })).toMatchObject({ problems })
      expect(await apply(fixture, named('first', ['x']))).toMatchObject({ change: 'updated' })
      await fixture.plane.stop()
    }
  })

  it('are free again when the other route gave them up, also in another process', async () => {
    const fixture = planeFixture({ plane })
    const elsewhere = planeFixture({ beside: fixture, plane })
    await apply(elsewhere, named('first', ['x']))
    await expect(apply(fixture, named('second', ['x']))).rejects.toThrow('which route default/first has')
    await apply(elsewhere, named('first', ['y']))
    await apply(fixture, named('second', ['x']))
    await fixture.plane.delete('second', { kind: 'ModelRoute', actor: ann })
    await apply(fixture, named('third', ['x']))
  })

  it('go to one of two routes that are applied at once', async () => {
    const fixture = planeFixture({ plane })
    const applied = await Promise.allSettled([
      apply(fixture, named('one', ['x', 'y'])),
      apply(fixture, named('two', ['y', 'z'])),
      apply(fixture, named('three', ['z'])),
    ])
    expect(applied.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})
