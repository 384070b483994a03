import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ModelPrice, UsageBy, UsageSums } from '../../../src/cost/contract.ts'
import { costOf } from '../../../src/cost/cost-of.ts'
import { UsageBook } from '../../../src/cost/usage-book.ts'
import type { Usage } from '../../../src/provider/contract.ts'
import type { AttemptRecord } from '../../../src/telemetry/contract.ts'
import { attemptRecord } from '../telemetry/attempt-records.ts'

const price: ModelPrice = {
  currency: 'USD',
  source: 'test',
  input: 0.1,
  output: 0.3,
  units: { searches: 0.01 },
}
const book = (options: Partial<ConstructorParameters<typeof UsageBook>[0]> = {}) =>
  new UsageBook({ maxEntries: 100, sinceMs: 5, isPriced: true, ...options })

function call(usage: Usage, fields: Partial<AttemptRecord> = {}): AttemptRecord {
  return attemptRecord({ endedAtMs: 1000, usage, cost: costOf(usage, price), ...fields })
}

/** All of one kind, with what went to the others. */
function picoIn({ entries, others }: UsageBy<unknown>): bigint {
  return [...entries, others].reduce((sum: bigint, { picoUsd }: UsageSums) => sum + (picoUsd ?? 0n), 0n)
}

describe('the sums of a router', () => {
  it('of a million small costs are exact', () => {
    const sums = book()
    // 0.1 and 0.3 USD have no exact binary form, nor have their millionths.
    const one = call({ inputTokens: 7, outputTokens: 1 })
    for (let sent = 0; sent < 1_000_000; sent += 1) sums.called(one)
    const { total } = sums.report()
    expect(total.picoUsd).toBe(1_000_000_000_000n)
    expect([total.usd, total.calls, total.tokens.inputTokens]).toEqual([1, 1_000_000, 7_000_000])
  })

  it('stay exact above what a number can count in pico-dollars', () => {
    const sums = book()
    const dear = { ...price, input: 1_000_000 }
    const usage = { inputTokens: 8999, outputTokens: 1 }
    for (let sent = 0; sent < 10_000; sent += 1) sums.called(call(usage, { cost: costOf(usage, dear) }))
    expect(sums.report().total.picoUsd).toBe(10_000n * (8999n * 1_000_000_000_000n + 300_000n))
  })

  it('are the same over routes, models and actors', () => {
    const step = fc.record({
      route: fc.constantFrom('default/a', 'default/b', 'team/c'),
      actor: fc.constantFrom('ann', 'bob', 'cy', 'di'),
      model: fc.constantFrom('m1', 'm2', 'm3'),
      inputTokens: fc.nat({ max: 1e6 }),
      outputTokens: fc.nat({ max: 1e6 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (steps, maxEntries) => {
        const sums = book({ maxEntries })
        let expected = 0n
        for (const [place, { route, actor, model, ...usage }] of steps.entries()) {
          const upstream = { provider: 'openai', model }
          const fields = {
            endedAtMs: place,
            route: route as AttemptRecord['route'],
            actor: { name: actor },
            upstream,
          }
          sums.called(call(usage, fields))
          sums.ended(place, fields.route, actor, upstream)
          expected += BigInt(costOf(usage, price).picoUsd)
        }
        const { total, routes, models, actors } = sums.report()
        expect([total.picoUsd, picoIn(routes), picoIn(models), picoIn(actors)]).toEqual(
          Array(4).fill(expected),
        )
        expect([total.requests, total.calls]).toEqual([steps.length, steps.length])
        for (const { entries } of [routes, models, actors])
          expect(entries.length).toBeLessThanOrEqual(maxEntries)
      }),
    )
  })

  it('have a bound: the names that were idle for longest go to the others, and begin again', () => {
    const sums = book({ maxEntries: 8 })
    for (let place = 0; place < 10_000; place += 1) {
      const actor = { name: place % 2 === 0 ? 'steady' : `actor-${place}` }
      sums.called(call({ inputTokens: 1 }, { endedAtMs: place, actor }))
    }
    sums.called(call({ inputTokens: 1 }, { endedAtMs: 20_000, actor: { name: 'actor-1' } }))
    const { actors, total } = sums.report()
    expect(actors.entries.length).toBeLessThanOrEqual(8)
    expect(actors.entries.find(({ actor }) => actor === 'steady')).toMatchObject({ sinceMs: 0, calls: 5000 })
    expect(actors.entries.find(({ actor }) => actor === 'actor-1')).toMatchObject({
      sinceMs: 20_000,
      calls: 1,
    })
    expect(actors.others.calls).toBe(10_001 - actors.entries.reduce((sum, { calls }) => sum + calls, 0))
    expect(total.calls).toBe(10_001)
  })

  it('cut the names of actors, and bound the units of an entry', () => {
    const sums = book()
    const units = Object.fromEntries(Array.from({ length: 40 }, (_, place) => [`u${place}`, 1]))
    sums.called(call({ units }, { actor: { name: 'x'.repeat(10_000) } }))
    const { actors, total } = sums.report()
    expect(actors.entries.map(({ actor }) => actor.length)).toEqual([256])
    expect(Object.keys(total.units)).toHaveLength(17)
    expect(total.units.others).toBe(24)
  })

  it('count what has no price, and what is an estimate', () => {
    const sums = book()
    const lacking = { inputTokens: 1, cacheReadTokens: 5 }
    sums.called(call(lacking))
    sums.called(call({ outputTokens: 2, estimated: true }))
    sums.called(call({}, { cost: { usd: undefined, picoUsd: 0, parts: {}, unknown: ['usage'] } }))
    expect(sums.report().total).toMatchObject({
      calls: 3,
      unknownCosts: 2,
      estimated: 1,
      picoUsd: 700_000n,
      tokens: { inputTokens: 1, cacheReadTokens: 5, outputTokens: 2, reasoningTokens: 0 },
    })
  })

  it('have no cost without a table of prices', () => {
    const sums = book({ isPriced: false })
    sums.called(attemptRecord({ endedAtMs: 1, usage: { inputTokens: 3 } }))
    const { total, sinceMs } = sums.report()
    expect(total).toMatchObject({
      usd: undefined,
      picoUsd: undefined,
      unknownCosts: 0,
      tokens: { inputTokens: 3 },
    })
    expect(sinceMs).toBe(5)
  })

  it.each([Number.POSITIVE_INFINITY, Number.NaN, -1])('are not spoilt by a count of %d', (tokens) => {
    const sums = book()
    sums.called(call({ inputTokens: tokens, outputTokens: 1, units: { searches: tokens } }))
    expect(sums.report().total).toMatchObject({
      tokens: { inputTokens: 0, outputTokens: 1 },
      picoUsd: 300_000n,
    })
  })
})
