import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../../src/clock.ts'
import type { Decision, InvokeRequest, Obligation } from '../../../../src/policy/contract.ts'
import { type ChatRequest, withNative } from '../../../../src/provider/contract.ts'
import {
  question,
  route,
  type ScriptedProvider,
  scenario,
  scriptedProvider,
  tensors,
  vendor,
} from '../scenario.ts'

const decision = (verdict: Decision['verdict'], more: Partial<Decision> = {}): Decision => ({
  verdict,
  findings: [],
  obligations: [],
  policyRevision: 'p1',
  inputDigest: 'd1',
  ...more,
})

function governed(
  decide: (request: InvokeRequest) => Decision | Promise<Decision>,
  onPolicyError: 'deny' | 'allow' = 'deny',
) {
  const a: ScriptedProvider = scriptedProvider('a')
  const world = scenario(
    { routes: [route([vendor('a')], { onPolicyError })], providers: { a } },
    { policy: { decide } },
  )
  return { ...world, a, asked: (): ChatRequest | undefined => a.calls[0]?.request as ChatRequest | undefined }
}

const capped = (...caps: number[]): Decision =>
  decision('allow', {
    obligations: caps.map((maxOutputTokens) => ({ kind: 'cap-tokens', maxOutputTokens })),
  })

describe('the invoke policy', () => {
  it('gets the actor, the route and the operation of each request', async () => {
    const seen: InvokeRequest[] = []
    const { router, requests } = governed((request) => {
      seen.push(request)
      return decision('allow')
    })
    await router.infer('m', tensors, { actor: { name: 'ada' }, requestId: 'q' })
    await router.chat('m', question, { requestId: 'q' })
    expect(seen).toEqual([
      { action: 'invoke', actor: { name: 'ada' }, route: 'default/m', operation: 'infer', requestId: 'q' },
      {
        action: 'invoke',
        actor: { name: 'anonymous' },
        route: 'default/m',
        operation: 'chat',
        requestId: 'q',
      },
    ])
    expect(requests.map((record) => record.decision?.policyRevision)).toEqual(['p1', 'p1'])
  })

  it('hears that the caller left, and that the time is over', async () => {
    for (const leaves of [true, false]) {
      const heard: unknown[] = []
      const world = scenario(
        { routes: [route([vendor('a')])], providers: { a: scriptedProvider('a') } },
        {
          policy: {
            decide(_request, { abortSignal }) {
              abortSignal.addEventListener('abort', () => heard.push(abortSignal.reason))
              return new Promise(() => {})
            },
          },
        },
      )
      const caller = new AbortController()
      const call = world.router.infer('m', tensors, { abortSignal: caller.signal })
      call.catch(() => {})
      if (leaves) caller.abort()
      else await world.clock.advance(10_000)
      const code = leaves ? 'aborted' : 'timeout'
      await expect(call).rejects.toMatchObject({ code })
      expect(heard).toMatchObject([{ code }])
    }
  })

  it('may reject after the request has ended, without ending the process', async () => {
    const rejections: unknown[] = []
    const hear = (reason: unknown): void => void rejections.push(reason)
    process.on('unhandledRejection', hear)
    try {
      const answer = Promise.withResolvers<Decision>()
      const { router } = governed(() => answer.promise)
      const caller = new AbortController()
      const call = router.infer('m', tensors, { abortSignal: caller.signal })
      caller.abort()
      await expect(call).rejects.toMatchObject({ code: 'aborted' })
      answer.reject(new Error('OPA is down'))
      await nextTurn()
      await nextTurn()
      expect(rejections).toEqual([])
    } finally {
      process.off('unhandledRejection', hear)
    }
  })

  it('leads to no attempt after the request has ended, at any moment that the caller leaves', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const told: string[] = []
      const caller = new AbortController()
      const decide = (): Promise<Decision> => {
        const answer = Promise.resolve(decision('allow'))
        let later: Promise<unknown> = answer
        for (let turn = 0; turn < turns; turn += 1) later = later.then(() => {})
        void later.then(() => caller.abort())
        return answer
      }
      const { router } = scenario(
        { routes: [route([vendor('a')])], providers: { a: scriptedProvider('a') } },
        {
          policy: { decide },
          observers: [
            {
              started: () => ({
                attempted: () => void told.push('attempted'),
                finished: () => void told.push('finished'),
              }),
            },
          ],
        },
      )
      await router.infer('m', tensors, { abortSignal: caller.signal }).catch(() => {})
      expect(told.at(-1)).toBe('finished')
    }
  })

  it.each(['deny', 'not-applicable'] as const)('stops a request when it answers %s', async (verdict) => {
    const findings = [{ policy: 'p', rule: 'r', level: 'hard', message: 'not yours' }] as const
    for (const answer of [
      decision(verdict, { findings, decisionId: '4f2a' }),
      Promise.resolve(decision(verdict, { findings, decisionId: '4f2a' })),
    ]) {
      const { router, a, requests } = governed(() => answer)
      await expect(router.infer('m', tensors)).rejects.toMatchObject({
        code: 'policy-denied',
        details: { findings, policyRevision: 'p1', decisionId: '4f2a' },
        message: 'policy denies default/m: not yours',
      })
      expect(a.calls).toHaveLength(0)
      expect(requests).toMatchObject([{ code: 'policy-denied', attempts: 0, decision: { verdict } }])
    }
  })

  it('keeps the obligations of a decision that is an error on a route that allows on errors', async () => {
    const { router, asked } = governed(
      () => decision('error', { obligations: [{ kind: 'cap-tokens', maxOutputTokens: 7 }] }),
      'allow',
    )
    await router.chat('m', { ...question, maxOutputTokens: 100 })
    expect(asked()?.maxOutputTokens).toBe(7)
    const guarded = governed(
      () => decision('error', { obligations: [{ kind: 'guardrail', name: 'pii' }] }),
      'allow',
    )
    await expect(guarded.router.chat('m', question)).rejects.toMatchObject({ code: 'policy-denied' })
    expect(guarded.a.calls).toHaveLength(0)
  })

  it('denies on an error unless the route allows on errors', async () => {
    const errors: (() => Decision | Promise<Decision>)[] = [
      () => decision('error'),
      () => Promise.reject(new Error('opa is down')),
      () => {
        throw new Error('a bug')
      },
    ]
    for (const error of errors) {
      await expect(governed(error).router.infer('m', tensors)).rejects.toMatchObject({ code: 'policy-error' })
      await expect(governed(error, 'allow').router.infer('m', tensors)).resolves.toMatchObject({
        provider: 'a',
      })
    }
  })

  it('shares the one deadline of the request', async () => {
    const world = governed(() => new Promise(() => {}))
    const call = world.router.infer('m', tensors)
    call.catch(() => {})
    await world.clock.advance(10_000)
    await expect(call).rejects.toMatchObject({ code: 'timeout' })
  })

  it.each<[Obligation, string]>([
    [{ kind: 'approval' }, 'an approval'],
    [{ kind: 'guardrail', name: 'pii' }, 'the guardrail "pii"'],
    [{ kind: 'redact', entities: ['email', 'phone'] }, 'redaction of email, phone'],
  ])('denies a request when the router cannot meet the obligation %o', async (obligation, named) => {
    const { router } = governed(() => decision('allow', { obligations: [obligation] }))
    const denied = expect(router.chat('m', question)).rejects
    await denied.toMatchObject({ code: 'policy-denied', message: expect.stringContaining(named) })
  })
})

describe('a cap on tokens', () => {
  it('is the least of the asked limit and all allowed limits', async () => {
    for (const [asked, expected] of [
      [undefined, 50],
      [20, 20],
      [900, 50],
    ] as const) {
      const world = governed(() => capped(100, 50))
      await world.router.chat('m', { ...question, ...(asked && { maxOutputTokens: asked }) })
      expect(world.asked()?.maxOutputTokens).toBe(expected)
    }
  })

  it('holds for streams', async () => {
    const world = governed(() => capped(50))
    await world.router.chatStream('m', question)
    expect(world.asked()?.maxOutputTokens).toBe(50)
  })

  it('drops a native form and options whose limits the provider cannot lower', async () => {
    const world = governed(() => capped(50))
    const native = withNative({ ...question }, 'openai-chat', '{}').native
    await world.router.chat('m', { ...question, native, options: { a: { limit: 900 } } })
    expect(world.asked()).toEqual({ ...question, model: 'a-model', maxOutputTokens: 50 })
  })

  it('leaves it to a provider that can lower them', async () => {
    const world = governed(() => capped(50))
    const seen: unknown[] = []
    world.a.capTokens = (request, cap) => {
      seen.push([request.maxOutputTokens, cap])
      return { ...request, maxOutputTokens: cap - 1 }
    }
    await world.router.chatStream('m', { ...question, options: { a: { limit: 900 } } })
    expect(seen).toEqual([[50, 50]])
    expect(world.asked()).toMatchObject({ maxOutputTokens: 49, options: { a: { limit: 900 } } })
  })

  it('covers all choices together', async () => {
    const world = governed(() => capped(50))
    await world.router.chat('m', { ...question, choices: 4 })
    expect(world.asked()?.maxOutputTokens).toBe(12)
    await expect(world.router.chat('m', { ...question, choices: 51 })).rejects.toMatchObject({
      code: 'policy-denied',
    })
  })

  it('allows an embedding, and denies an infer because an infer cannot meet it', async () => {
    const world = governed(() => capped(50))
    await expect(world.router.embed('m', { input: ['a'] })).resolves.toMatchObject({ attempts: 1 })
    await expect(world.router.infer('m', tensors)).rejects.toMatchObject({
      code: 'policy-denied',
      message: expect.stringContaining('at most 50 output tokens'),
    })
  })
})
