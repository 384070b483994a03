/** What becomes of requests with something that an upstream's format cannot say. */

import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { describe, expect, it } from 'vitest'
import { servedHeaders } from '../../../../src/gateway/served-headers.ts'
import { notCarried } from '../../../../src/provider/contract/not-carried.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'
import type { ModelRoute } from '../../../../src/resources/route/model-route.ts'
import type { CachedReply } from '../../../../src/routing/layers/layers.ts'
import { route, type ScriptedProvider, scenario, scriptedProvider, vendor } from '../scenario.ts'

const hello: Omit<ChatRequest, 'model'> = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}

/** A provider whose format has no seed, and no tools. */
function plain(name: string): ScriptedProvider {
  const provider = scriptedProvider(name)
  const { chat, chatStream } = provider
  const check = (
    { seed, tools }: ChatRequest,
    { translation }: Parameters<NonNullable<typeof chat>>[1],
  ): void => {
    if (tools !== undefined) throw notCarried(`${name} has no tools`)
    if (seed === undefined || translation === undefined) return
    if (translation.approximations === 'refuse') throw notCarried(`${name} has no seed`)
    translation.approximated('seed', 'left out')
  }
  return Object.assign(provider, {
    async chat(request: ChatRequest, context: never) {
      check(request, context)
      return await chat?.(request, context)
    },
    async *chatStream(request: ChatRequest, context: never) {
      check(request, context)
      if (chatStream !== undefined) yield* chatStream(request, context)
    },
  })
}

function world(translation: ModelRoute['spec']['translation'] = {}, spec: Partial<ModelRoute['spec']> = {}) {
  const providers = { a: plain('a'), b: plain('b'), c: scriptedProvider('c') }
  const fallback = [vendor('b'), vendor('c')]
  return {
    ...scenario({ routes: [route([vendor('a')], { fallback, translation, ...spec })], providers }),
    providers,
  }
}

const withTools = { ...hello, tools: [{ type: 'function', name: 'f', parameters: {} }] } as const
const withSeed = { ...hello, seed: 7 }

describe('an upstream that cannot carry a request', () => {
  it('costs none of the attempts: those that can are asked', async () => {
    const { router, attempts } = world({}, { attempts: 1 })
    const { provider } = await router.chat('m', withTools)
    expect([provider, attempts.map(({ code }) => code)]).toEqual([
      'c',
      ['unsupported', 'unsupported', undefined],
    ])
    const { provider: streaming } = await router.chatStream('m', withTools)
    expect(streaming).toBe('c')
  })

  it('leaves the attempts for failures', async () => {
    const { router, providers, attempts } = world({}, { attempts: 1 })
    providers.c.script = 'unavailable'
    await expect(router.chat('m', withTools)).rejects.toMatchObject({ code: 'unavailable' })
    expect(attempts).toHaveLength(3)
    providers.a.script = 'unavailable'
    await expect(router.chat('m', hello)).rejects.toMatchObject({ code: 'unavailable' })
    expect(attempts).toHaveLength(4)
  })

  it('is told apart from a vendor that answers so, which was called', async () => {
    const { router, providers, attempts } = world({}, { attempts: 1 })
    providers.a.script = 'unsupported'
    await expect(router.chat('m', hello)).rejects.toMatchObject({ code: 'unsupported', message: 'a failed' })
    expect(attempts.map(({ code }) => code)).toEqual(['unsupported'])
    const strict = world({ cannotCarry: 'refuse' })
    strict.providers.a.script = 'unsupported'
    expect((await strict.router.chat('m', hello)).provider).toBe('b')
  })

  it('ends the request where the route says so', async () => {
    const { router, attempts } = world({ cannotCarry: 'refuse' })
    await expect(router.chat('m', withTools)).rejects.toMatchObject({
      code: 'unsupported',
      message: 'a has no tools',
    })
    expect(attempts).toHaveLength(1)
    const { provider } = await router.chat('m', hello)
    expect(provider).toBe('a')
  })
})

describe('an approximation', () => {
  it('is listed in the reply, whole and streamed, and only there where it was made', async () => {
    const { router } = world()
    const { approximated, provider } = await router.chat('m', withSeed)
    expect([provider, approximated]).toEqual(['a', [{ field: 'seed', what: 'left out' }]])
    expect((await router.chatStream('m', withSeed)).approximated).toEqual(approximated)
    expect(await router.chat('m', hello)).not.toHaveProperty('approximated')
  })

  it('of an upstream that failed is not listed', async () => {
    const { router, providers } = world({}, { attempts: 3 })
    providers.a.script = 'unavailable'
    const { provider, approximated } = await router.chat('m', withSeed)
    expect([provider, approximated?.length]).toEqual(['b', 1])
    providers.b.script = 'unavailable'
    const served = await router.chat('m', withSeed)
    expect(served.provider).toBe('c')
    expect(served).not.toHaveProperty('approximated')
  })

  it('is listed in a reply from a cache, too', async () => {
    let kept: CachedReply | undefined
    const cache = {
      find: () => kept,
      keep: (_: unknown, reply: CachedReply) => {
        kept = reply
      },
    }
    const { router } = scenario(
      { routes: [route([vendor('a')])], providers: { a: plain('a') } },
      { layers: { cache } },
    )
    const first = await router.chat('m', withSeed)
    const { attempts, approximated } = await router.chat('m', withSeed)
    expect([attempts, approximated]).toEqual([0, first.approximated])
    expect(approximated).toEqual([{ field: 'seed', what: 'left out' }])
  })

  it('that is refused by the route is not given from a cache either', async () => {
    let kept: CachedReply | undefined
    const cache = {
      find: () => kept,
      keep: (_: unknown, reply: CachedReply) => {
        kept ??= reply
      },
    }
    const routes = [
      route([vendor('a')]),
      route(
        [vendor('a')],
        {
          fallback: [vendor('c')],

          translation: { approximations: 'refuse' },
        },
        { name: 'exact' },
      ),
    ]
    const providers = { a: plain('a'), c: scriptedProvider('c') }
    const { router } = scenario({ routes, providers }, { layers: { cache } })
    expect((await router.chat('m', withSeed)).approximated).toHaveLength(1)
    const { provider, attempts, approximated } = await router.chat('exact', withSeed)
    expect([provider, attempts, approximated]).toEqual(['c', 2, undefined])
    kept = { ...(kept as CachedReply), approximated: [] }
    expect((await router.chat('exact', withSeed)).attempts).toBe(0)
  })

  it('is refused where the route says so, and an upstream that needs none is asked', async () => {
    const { router } = world({ approximations: 'refuse' })
    const { provider, approximated } = await router.chat('m', withSeed)
    expect([provider, approximated]).toEqual(['c', undefined])
  })

  it('is made by a real provider in the words of its format, before anything is sent', async () => {
    const local = openaiCompatible({ baseUrl: 'http://127.0.0.1:1/v1' })
    const routes = [route([vendor('local')], { translation: { approximations: 'refuse' } })]
    const { router } = scenario({ routes, providers: { local } })
    await expect(router.chat('m', { ...hello, topK: 3 })).rejects.toMatchObject({
      code: 'unsupported',
      details: { field: 'topK' },
      message: expect.stringContaining("topK would be left out in OpenAI's chat completions"),
    })
    await local.close()
  })

  it('is named in a header, which has a bound', () => {
    const served = { requestId: 'r', provider: 'p', model: 'm', attempts: 1 }
    const of = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ field: `f${index}`, what: 'x' }))
    const header = (count: number) =>
      servedHeaders({ ...served, approximated: of(count) }, 'a/b')['x-modelspine-approximated']
    expect(header(2)).toBe('f0, f1')
    expect(header(25)).toMatch(/, f19, and 5 more$/)
    expect(servedHeaders(served, 'a/b')).not.toHaveProperty('x-modelspine-approximated')
  })

  it('is listed a hundred times at most', async () => {
    const chatty = scriptedProvider('a')
    const { chat } = chatty
    Object.assign(chatty, {
      async chat(request: ChatRequest, context: Parameters<NonNullable<typeof chat>>[1]) {
        for (let each = 0; each < 1000; each += 1) context.translation?.approximated(`f${each}`, 'x')
        return await chat?.(request, context)
      },
    })
    const { router } = scenario({ routes: [route([vendor('a')])], providers: { a: chatty } })
    expect((await router.chat('m', hello)).approximated).toHaveLength(100)
  })
})
