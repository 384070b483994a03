import { describe, expect, it } from 'vitest'
import { UsageBook } from '../../../../src/cost/usage-book.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import { Attempt } from '../../../../src/routing/attempt/attempt.ts'
import { groupObservers } from '../../../../src/routing/attempt/observers.ts'
import { RoutedRequest } from '../../../../src/routing/attempt/routed-request.ts'
import { inferOperation } from '../../../../src/routing/operations/infer.ts'
import { weightedStrategy } from '../../../../src/routing/strategies/weighted-strategy.ts'
import type { AttemptRecord } from '../../../../src/telemetry/contract.ts'
import { route, scenario, scriptedProvider, tensors, vendor } from '../scenario.ts'

const limits = { answerMs: undefined, mayMoveOn: undefined, idleMs: 1000 }

/** A request with two attempts under way, as one that hedges has. */
function hedged() {
  const providers = { a: scriptedProvider('a'), b: scriptedProvider('b') }
  const world = scenario({ routes: [route([vendor('a')], { fallback: [vendor('b')] })], providers })
  const { clock, holder } = world
  const told: AttemptRecord[] = []
  const observers = groupObservers([{ started: () => ({ attempted: (record) => void told.push(record) }) }])
  const strategy = weightedStrategy(() => clock.random())
  const table = holder.current
  const found = table?.find('m')
  const plan = found?.plans.infer
  const [a, b] = [plan?.backends[0]?.upstreams[0], plan?.fallback[0]?.upstreams[0]]
  if (table === undefined || found === undefined || a === undefined || b === undefined)
    throw new Error('no route')
  const usage = new UsageBook({ maxEntries: 9, sinceMs: clock.now(), isPriced: false })
  const around = { clock, observers, strategy, maxInFlight: 9, table: holder, prices: undefined, usage }
  const request = new RoutedRequest(around, table, found, 'm', inferOperation, tensors, false, {})
  const attempts = [a, b].map((upstream) => new Attempt(request, upstream, 'first', limits)) as [
    Attempt,
    Attempt,
  ]
  return { world, request, attempts, told }
}

describe('two attempts of one request at once', () => {
  it('share nothing: one wins, and the other is stopped without a trace in the winner', async () => {
    const { world, request, attempts, told } = hedged()
    const [slow, quick] = attempts
    const late = slow.wait(new Promise<string>(() => {}), (text) => text)
    const first = quick.wait(Promise.resolve('quick'), (text) => {
      quick.usage = { outputTokens: 3 }
      quick.succeeded()
      return text
    })
    expect(world.inFlight).toBe(2)
    expect(await first).toBe('quick')
    slow.stop(new ModelspineError('aborted', 'another attempt has won'))
    await expect(late).rejects.toMatchObject({ code: 'aborted' })
    request.succeeded()
    expect([slow.context.abortSignal.aborted, quick.context.abortSignal.aborted]).toEqual([true, false])
    expect(told).toMatchObject([
      { upstream: { provider: 'b' }, outcome: 'ok', usage: { outputTokens: 3 } },
      { upstream: { provider: 'a' }, outcome: 'aborted', usage: {} },
    ])
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('both end when the caller’s request does', async () => {
    const { world, request, attempts } = hedged()
    const waits = attempts.map((attempt) => attempt.wait(new Promise<string>(() => {}), (text) => text))
    request.stop(new ModelspineError('timeout', 'too late'))
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: 'timeout' })
    expect(attempts.map(({ context }) => context.abortSignal.aborted)).toEqual([true, true])
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })
})
