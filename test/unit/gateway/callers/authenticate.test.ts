import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../../src/errors.ts'
import { type Authenticate, createGateway } from '../../../../src/gateway/index.ts'
import { createRouter } from '../../../../src/routing/router.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'

function gatewayWith(authenticate: Authenticate, authenticateTimeoutMs?: number) {
  const clock = createFakeClock()
  const logged: object[] = []
  const gateway = createGateway({
    router: createRouter({ table: { current: undefined }, clock }),
    authenticate,
    clock,
    logger: {
      debug() {},
      info() {},
      warn: (facts) => void logged.push(facts),
      error: (facts) => void logged.push(facts),
    },
    ...(authenticateTimeoutMs !== undefined && { authenticateTimeoutMs }),
  })
  const ask = async (): Promise<readonly [number, string]> => {
    const response = await gateway.fetch(new Request('http://gateway.test/v2'))
    return [response.status, await response.text()]
  }
  return { clock, logged, ask }
}

describe('a hook that identifies callers', () => {
  it('has until its deadline', async () => {
    const { clock, logged, ask } = gatewayWith(() => new Promise(() => {}), 800)
    const answer = ask()
    await clock.advance(799)
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(1)
    expect(await answer).toEqual([503, '{"error":"the caller could not be identified within 800 ms"}'])
    expect(logged).toEqual([{ timeoutMs: 800 }])
  })

  it('leaves no timer behind when it answers in time', async () => {
    for (const known of [
      Promise.resolve({ name: 'ada' }),
      Promise.resolve(null),
      Promise.reject(new Error('x')),
    ]) {
      const { clock, ask } = gatewayWith(() => known)
      await ask()
      expect(clock.pendingTimers).toBe(0)
    }
  })

  it.each<[string, Authenticate]>([
    [
      'throws',
      () => {
        throw new Error('vault-7 said no')
      },
    ],
    ['rejects', () => Promise.reject(new Error('vault-7 said no'))],
    ['fails inside', () => Promise.reject(new ModelspineError('secret-unavailable', 'vault-7 said no'))],
    [
      'throws inside',
      () => {
        throw new ModelspineError('not-found', 'vault-7 said no')
      },
    ],
  ])('tells the log and not the caller when it %s', async (_how, authenticate) => {
    const { logged, ask } = gatewayWith(authenticate)
    expect(await ask()).toEqual([500, '{"error":"the gateway failed"}'])
    expect(logged).toEqual([expect.objectContaining({ error: 'authenticate failed: vault-7 said no' })])
  })

  it.each([
    ['unauthenticated', 401],
    ['policy-denied', 403],
    ['rate-limited', 429],
  ] as const)('refuses in words of its own with %s', async (code, status) => {
    const refusal = new ModelspineError(code, 'ada is away')
    for (const authenticate of [
      () => Promise.reject(refusal),
      () => {
        throw refusal
      },
    ]) {
      const { logged, ask } = gatewayWith(authenticate)
      expect(await ask()).toEqual([status, '{"error":"ada is away"}'])
      expect(logged).toEqual([])
    }
  })
})
