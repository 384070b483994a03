import { describe, expect, it } from 'vitest'
import { nextTurn, sleep } from '../../../src/clock.ts'
import type { Decision, PolicyAction, PolicyEngine } from '../../../src/policy/contract.ts'
import { decideAll } from '../../../src/policy/decide-all.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { policyRequests } from '../../../src/testing/policy-requests.ts'

const { invoke: invocation, promote: promotion } = policyRequests

const allowed: Decision = {
  verdict: 'allow',
  findings: [],
  obligations: [],
  policyRevision: '1',
  inputDigest: 'd',
}

function engine(
  name: string,
  decide: PolicyEngine['decide'],
  actions: readonly PolicyAction[] = ['invoke', 'promote'],
): PolicyEngine {
  return { name, actions, decide }
}

const clock = createFakeClock()
const request = invocation()

describe('asking all engines', () => {
  it('answers at once when all engines do', () => {
    const decision = decideAll([engine('a', () => allowed), engine('b', () => allowed)], request, { clock })
    expect(decision).toMatchObject({ verdict: 'allow', policyRevision: 'a@1 b@1' })
  })

  it('waits when one engine does not answer at once', async () => {
    const denied: Decision = { ...allowed, verdict: 'deny' }
    const engines = [engine('a', () => allowed), engine('b', async () => denied)]
    const decision = decideAll(engines, request, { clock })
    expect(decision).toBeInstanceOf(Promise)
    expect(await decision).toMatchObject({ verdict: 'deny' })
  })

  it('asks only the engines that police the action', () => {
    const asked: string[] = []
    const note = (name: string, actions: readonly PolicyAction[]): PolicyEngine =>
      engine(
        name,
        ({ action }) => {
          asked.push(`${name}: ${action}`)
          return allowed
        },
        actions,
      )
    decideAll([note('a', ['promote']), note('b', ['invoke', 'promote'])], request, { clock })
    decideAll([note('a', ['promote']), note('b', ['invoke', 'promote'])], promotion(), { clock })
    expect(asked).toEqual(['b: invoke', 'a: promote', 'b: promote'])
  })

  it('allows an action that no engine polices, and denies an action that all engines leave open', () => {
    const silent = engine('a', () => ({ ...allowed, verdict: 'not-applicable' }), ['promote'])
    expect(decideAll([silent], request, { clock })).toMatchObject({ verdict: 'allow', findings: [] })
    expect(decideAll([], request, { clock })).toMatchObject({ verdict: 'allow', findings: [] })
    expect(decideAll([silent], promotion(), { clock })).toMatchObject({ verdict: 'deny' })
  })

  it('lets an abort that all engines leave open go on, and denies any other command', async () => {
    const decide: PolicyEngine['decide'] = () => ({ ...allowed, verdict: 'not-applicable' })
    const silent = [
      engine('a', decide, ['command']),
      engine('b', async (asked) => decide(asked), ['command']),
    ]
    const { command } = policyRequests
    for (const engines of [silent.slice(0, 1), silent]) {
      expect(await decideAll(engines, command('abort'), { clock })).toMatchObject({
        verdict: 'allow',
        findings: [],
      })
      expect(await decideAll(engines, command('pause'), { clock })).toMatchObject({ verdict: 'deny' })
    }
  })

  it.each([
    [
      'throws',
      (): never => {
        throw new Error('no rules loaded')
      },
      'no rules loaded',
    ],
    ['rejects', () => Promise.reject(new Error('connection refused')), 'connection refused'],
    ['answers undefined', () => undefined, 'answered undefined instead of a decision'],
    ['answers null later', async () => null, 'answered null instead of a decision'],
    ['gives an unknown verdict', () => ({ ...allowed, verdict: 'yes' }), 'the unknown verdict "yes"'],
    ['leaves out its findings', () => ({ verdict: 'allow', obligations: [] }), 'without a list of findings'],
    [
      'leaves out its obligations',
      () => ({ verdict: 'allow', findings: [] }),
      'without a list of obligations',
    ],
    [
      'gives a finding an unknown level',
      () => ({ ...allowed, findings: [{ level: 'mild' }] }),
      'a finding of the unknown level "mild"',
    ],
    [
      'gives an unknown obligation',
      () => ({ ...allowed, obligations: [{ kind: 'pray' }] }),
      'the unknown obligation "pray"',
    ],
    [
      'caps tokens without a number',
      () => ({ ...allowed, obligations: [{ kind: 'cap-tokens' }] }),
      'caps output tokens at undefined',
    ],
  ])('gives the verdict error when an engine %s', async (_what, decide, message) => {
    const odd = engine('odd', decide as PolicyEngine['decide'])
    const decision = await decideAll([engine('fine', () => allowed), odd], request, { clock })
    expect(decision.verdict).toBe('error')
    expect(decision.findings).toEqual([
      { policy: 'odd', rule: 'error', level: 'hard', message: expect.stringContaining(message) },
    ])
    expect(decision.findings[0]?.message).toMatch(/^odd: /)
  })

  it('gives the verdict error when an engine is late, and aborts the engine', async () => {
    const clock = createFakeClock()
    let reason: unknown
    const late = engine('late', async (_request, options) => {
      await sleep(clock, 10_000, options?.abortSignal).catch((cause) => {
        reason = cause
      })
      return allowed
    })
    const decision = decideAll([late], request, { clock, timeoutMs: 200 })
    await clock.advance(200)
    expect(await decision).toMatchObject({
      verdict: 'error',
      findings: [{ message: 'late: gave no answer within 200 ms' }],
    })
    expect(reason).toMatchObject({ code: 'aborted', cause: { code: 'timeout' } })
    expect(clock.pendingTimers).toBe(0)
  })

  it('leaves no timer behind when the answer comes in time', async () => {
    const clock = createFakeClock()
    const decision = await decideAll([engine('a', async () => allowed)], request, { clock, timeoutMs: 200 })
    expect([decision.verdict, clock.pendingTimers]).toEqual(['allow', 0])
  })

  it('does not end the process when an engine fails after an abort that came before the question', async () => {
    const rejections: unknown[] = []
    const hear = (reason: unknown): void => void rejections.push(reason)
    process.on('unhandledRejection', hear)
    try {
      const { promise: late, reject } = Promise.withResolvers<Decision>()
      let told: boolean | undefined
      const down = engine('down', (_request, options) => {
        queueMicrotask(() => {
          told = options?.abortSignal?.aborted
        })
        return late
      })
      const decision = decideAll([down], request, { clock, abortSignal: AbortSignal.abort() })
      await expect(decision).rejects.toMatchObject({ code: 'aborted' })
      reject(new Error('the engine is down'))
      await nextTurn()
      await nextTurn()
      expect([rejections, told]).toEqual([[], true])
    } finally {
      process.off('unhandledRejection', hear)
    }
  })

  it('ends when the caller aborts, and passes the abort on to the engine', async () => {
    const clock = createFakeClock()
    const leaving = new AbortController()
    let passedOn = false
    const slow = engine('slow', async (_request, options) => {
      await sleep(clock, 10_000, options?.abortSignal).catch(() => {
        passedOn = true
      })
      return allowed
    })
    const decision = decideAll([slow], request, { clock, abortSignal: leaving.signal })
    leaving.abort(new Error('went away'))
    await expect(decision).rejects.toMatchObject({ code: 'aborted', cause: { message: 'went away' } })
    await clock.advance(0)
    expect(passedOn).toBe(true)
    await expect(decideAll([slow], request, { clock, abortSignal: leaving.signal })).rejects.toMatchObject({
      code: 'aborted',
    })
  })

  it('gives an aborted abortSignal to an engine that reads it too late', async () => {
    const clock = createFakeClock()
    let seen: boolean | undefined
    const odd = engine('odd', async (_request, options) => {
      await sleep(clock, 300)
      seen = options?.abortSignal?.aborted
      return allowed
    })
    const decision = decideAll([odd], request, { clock, timeoutMs: 200 })
    await clock.advance(300)
    expect((await decision).verdict).toBe('error')
    expect(seen).toBe(true)
  })
})
