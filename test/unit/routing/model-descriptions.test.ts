import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../src/errors.ts'
import type { CallContext, ModelDescription, ModelProvider } from '../../../src/provider/contract.ts'
import { deployment, route, scenario, scriptedProvider, vendor } from './scenario.ts'

const told: ModelDescription = {
  platform: 'onnx',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
}

interface Describing extends ModelProvider {
  readonly asked: { readonly model: string; readonly context: CallContext }[]
}

/** A provider that describes its models by `tell`, and remembers who asked. */
function describing(
  name: string,
  tell: (context: CallContext) => ModelDescription | Promise<ModelDescription> = () => told,
): Describing {
  const asked: Describing['asked'] = []
  return {
    ...scriptedProvider(name),
    asked,
    async describe(model, context) {
      asked.push({ model, context })
      return await tell(context)
    },
  }
}

const never = (): Promise<never> => new Promise(() => {})
const fails = (): never => {
  throw new ModelspineError('unavailable', 'it is away')
}
const one = (provider: ModelProvider, spec: object = {}): Parameters<typeof scenario>[0] => ({
  routes: [route([vendor('a')], spec)],
  providers: { a: provider },
})

const allow = {
  verdict: 'allow',
  findings: [],
  obligations: [],
  policyRevision: '',
  inputDigest: '',
} as const

describe('the description of a model', () => {
  it('comes from its upstream, under its name there, and is no request', async () => {
    const a = describing('a')
    const { router, attempts, requests, inFlight } = scenario(one(a))
    const headers = { traceparent: '00-1' }
    expect(await router.describe('m', { requestId: 'r1', headers })).toEqual({
      description: told,
      upstream: { provider: 'a', model: 'a-model' },
    })
    expect(a.asked).toMatchObject([{ model: 'a-model', context: { requestId: 'r1', headers } }])
    expect([attempts, requests, inFlight]).toEqual([[], [], 0])
  })

  it('is asked for once by all who ask at the same time, and kept for ten seconds', async () => {
    const answers: ((description: ModelDescription) => void)[] = []
    const a = describing('a', () => new Promise((resolve) => answers.push(resolve)))
    const { router, clock } = scenario(one(a))
    const first = [router.describe('m'), router.describe('m'), router.describe('default/m')]
    await clock.advance(0)
    answers[0]?.(told)
    expect((await Promise.all(first)).map(({ description }) => description)).toEqual([told, told, told])
    await clock.advance(9999)
    await router.describe('m')
    expect(a.asked).toHaveLength(1)
    await clock.advance(1)
    const again = router.describe('m')
    await clock.advance(0)
    answers[1]?.({})
    expect((await again).description).toEqual({})
    expect(a.asked).toHaveLength(2)
  })

  it('is not asked for again at once when the upstream could not tell', async () => {
    const a = describing('a', fails)
    const { router, clock } = scenario(one(a))
    expect(await router.describe('m')).toEqual({})
    expect(await router.describe('m')).toEqual({})
    expect(a.asked).toHaveLength(1)
    await clock.advance(1000)
    await router.describe('m')
    expect(a.asked).toHaveLength(2)
  })

  it('comes from the next upstream when one fails or has no descriptions, fallbacks last', async () => {
    const [sick, well, last] = [describing('sick', fails), describing('well'), describing('last')]
    const { router } = scenario({
      routes: [
        route([vendor('mute', 5), vendor('well', 1), vendor('sick', 3)], { fallback: [vendor('last')] }),
        route([vendor('mute')], {}, { name: 'mute' }),
      ],
      providers: { mute: scriptedProvider('mute'), sick, well, last },
    })
    expect((await router.describe('m')).upstream).toEqual({ provider: 'well', model: 'well-model' })
    expect([sick.asked.length, last.asked.length]).toEqual([1, 0])
    expect(await router.describe('mute')).toEqual({})
  })

  const canary = (weights: Record<string, number>, stable: string): Parameters<typeof scenario>[0] => ({
    routes: [route([{ deployment: 'default/churn', weight: 1 }])],
    deployments: [deployment('churn', weights, { stable })],
    connect: { test: ({ address }) => describing('test', () => ({ platform: address })) },
  })

  it.each<[string, Record<string, number>, string]>([
    ['r1', { r1: 90, r2: 10 }, 'r1'],
    ['r2', { r1: 10, r2: 90 }, 'r1'],
    ['r2', { r1: 50, r2: 50 }, 'r2'],
  ])(
    'is that of the revision with the most traffic, and says so: %s of %j',
    async (revision, weights, stable) => {
      const { router } = scenario(canary(weights, stable))
      expect(await router.describe('m')).toEqual({
        description: { platform: revision },
        upstream: { deployment: 'default/churn', revision, provider: 'test', model: 'churn' },
      })
    },
  )

  it('is that of a revision that was named, as long as it serves', async () => {
    const { router } = scenario(canary({ r1: 90, r2: 10 }, 'r1'))
    expect((await router.describe('m', { revision: 'r2' })).description).toEqual({ platform: 'r2' })
    await expect(router.describe('m', { revision: 'r3' })).rejects.toMatchObject({
      code: 'no-route',
      message: 'route default/m has no version "r3" that serves now; those that do: r1, r2',
    })
    const { router: hosted } = scenario(one(describing('a')))
    await expect(hosted.describe('m', { revision: 'r1' })).rejects.toThrow('those that do: none')
  })

  it('is told only to those whose requests the policy allows, whatever caps it sets', async () => {
    const a = describing('a')
    const questions: unknown[] = []
    const { router } = scenario(one(a), {
      policy: {
        decide(request) {
          questions.push(request)
          if (request.actor.name === 'mallory') return { ...allow, verdict: 'deny' }
          return { ...allow, obligations: [{ kind: 'cap-tokens', maxOutputTokens: 1 }] }
        },
      },
    })
    await expect(router.describe('m', { actor: { name: 'mallory' } })).rejects.toMatchObject({
      code: 'policy-denied',
    })
    expect(a.asked).toEqual([])
    expect((await router.describe('m', { actor: { name: 'ada' }, requestId: 'r' })).description).toEqual(told)
    expect(questions[1]).toEqual({
      action: 'invoke',
      actor: { name: 'ada' },
      route: 'default/m',
      operation: 'infer',
      requestId: 'r',
    })
  })

  it('is not waited for longer than five seconds, nor is the policy', async () => {
    const a = describing('a', never)
    const world = scenario(one(a))
    const waiting = world.router.describe('m')
    await world.clock.advance(5000)
    expect(await waiting).toEqual({})
    expect(a.asked[0]?.context.abortSignal.aborted).toBe(true)
    expect(world.inFlight).toBe(0)

    const slow = scenario(one(describing('a')), { policy: { decide: never } })
    const undecided = slow.router.describe('m')
    undecided.catch(() => {})
    await slow.clock.advance(5000)
    await expect(undecided).rejects.toMatchObject({ code: 'timeout' })
  })

  it('does not wait for the others when one caller leaves', async () => {
    const answers: ((description: ModelDescription) => void)[] = []
    const a = describing('a', () => new Promise((resolve) => answers.push(resolve)))
    const { router, clock } = scenario(one(a))
    const leaving = new AbortController()
    const left = router.describe('m', { abortSignal: leaving.signal })
    const stays = router.describe('m')
    await clock.advance(0)
    leaving.abort()
    await expect(left).rejects.toMatchObject({ code: 'aborted' })
    expect(a.asked[0]?.context.abortSignal.aborted).toBe(false)
    answers[0]?.(told)
    expect((await stays).description).toEqual(told)
    await expect(router.describe('m', { abortSignal: leaving.signal })).rejects.toMatchObject({
      code: 'aborted',
    })
  })

  it('holds its connection while it is under way', async () => {
    const world = scenario(one(describing('a', never)))
    const waiting = world.router.describe('m')
    await world.clock.advance(0)
    expect(world.inFlight).toBe(1)
    await world.clock.advance(5000)
    await waiting
    expect(world.inFlight).toBe(0)
  })

  it('is empty where the route does not infer, and an error where there is no route', async () => {
    const { router } = scenario(one(describing('a'), { operations: ['chat'] }))
    expect(await router.describe('m')).toEqual({})
    await expect(router.describe('nobody')).rejects.toMatchObject({ code: 'no-route' })
  })
})
