import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, ModelspineError } from '../../../../src/errors.ts'
import type { ModelProvider } from '../../../../src/provider/contract.ts'
import type { Operation } from '../../../../src/routing/operations/operation.ts'
import { createRouter } from '../../../../src/routing/router.ts'
import { weightedStrategy } from '../../../../src/routing/strategies/weighted-strategy.ts'
import { createRouteTableHolder } from '../../../../src/routing/table/table-holder.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { route, vendor } from '../scenario.ts'

/** What may happen at any moment. `at` names the call, or the request, that it happens to. */
type Step =
  | { readonly kind: 'ask' | 'stream' | 'pick' }
  | { readonly kind: 'answer' | 'piece' | 'end' | 'read' | 'leave' | 'abort' | 'output'; readonly at: number }
  | { readonly kind: 'fail' | 'next'; readonly at: number; readonly code: ErrorCode }
  | { readonly kind: 'wait'; readonly ms: number }

const at = fc.nat(5)
const code = fc.constantFrom<ErrorCode>('unavailable', 'rate-limited', 'bad-request', 'auth', 'aborted')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('ask' as const, 'stream' as const, 'pick' as const) }),
  fc.record({
    kind: fc.constantFrom(
      'answer' as const,
      'piece' as const,
      'end' as const,
      'read' as const,
      'leave' as const,
      'abort' as const,
      'output' as const,
    ),
    at,
  }),
  fc.record({ kind: fc.constantFrom('fail' as const, 'next' as const), at, code }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(4000) }),
)

const steps = fc.array(step, { minLength: 4, maxLength: 40 })

/** One call as the upstream sees it: it settles when the test says so. */
interface Call {
  settle(value: IteratorResult<string>): void
  fail(error: ModelspineError): void
}

interface Piped extends ModelProvider {
  pipe(signal: AbortSignal): AsyncIterable<string>
}

const echo: Operation<string, string, string> = {
  name: 'acme.echo',
  send: async (provider, _request, _model, { abortSignal }) => {
    for await (const piece of (provider as Piped).pipe(abortSignal)) return piece
    return ''
  },
  stream: {
    send: (provider, _request, _model, { abortSignal }) => (provider as Piped).pipe(abortSignal),
    note(piece, notes) {
      notes.hasOutput = true
      notes.isComplete = piece === 'end'
    },
    end: 'marked',
  },
}

/** A world in which nothing happens by itself but the passing of time. */
function world(isRequestDeclared: boolean) {
  const clock = createFakeClock()
  const calls: Call[] = []
  const pipe = (): AsyncIterable<string> => ({
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise((settle, fail) => {
          calls.push({ settle, fail })
        }),
      return: async () => ({ done: true, value: undefined }),
    }),
  })
  const provider = (name: string): Piped => ({
    name,
    capabilities: { operations: ['acme.echo'], streaming: true, dialects: [] },
    pipe,
  })
  const holder = createRouteTableHolder({ clock })
  const { spec, ...declared } = route([vendor('a'), vendor('b')], {
    operations: ['acme.echo'],
    fallback: [vendor('c')],
    timeouts: isRequestDeclared ? { request: '5s', idle: '2s' } : { idle: '2s' },
    attempts: 3,
    maxInFlight: 4,
  })
  const { timeout: _, ...withoutTimeout } = spec
  holder.load({
    routes: [{ ...declared, spec: withoutTimeout }],
    deployments: [],
    providers: { a: provider('a'), b: provider('b'), c: provider('c') },
    connect: {},
  })
  const told = { started: 0, attempts: 0, finished: 0, began: 0, ended: 0, settled: 0, errors: 0 }
  const count = (what: keyof typeof told) => (): void => {
    told[what] += 1
  }
  const weighted = weightedStrategy(() => clock.random())
  const router = createRouter({
    table: holder,
    clock,
    maxInFlightPerUpstream: 2,
    strategy: { ...weighted, began: count('began'), ended: count('ended') },
    layers: { settlement: [{ settle: count('settled') }] },
    observers: [
      {
        started() {
          told.started += 1
          let isOver = false
          return {
            attempted() {
              if (isOver) told.errors += 1
              told.attempts += 1
            },
            finished() {
              if (isOver) told.errors += 1
              isOver = true
              told.finished += 1
            },
          }
        },
      },
    ],
  })
  return { clock, calls, holder, router, told }
}

describe('requests under any order of answers, failures, timeouts, aborts and reads', () => {
  it('give back every lease once, cancel every timer, and tell observers once', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), fc.boolean(), async (played, isRequestDeclared, callersLeave) => {
        const { clock, calls, holder, router, told } = world(isRequestDeclared)
        const callers: AbortController[] = []
        const streams: AsyncIterableIterator<string>[] = []
        const leases: Awaited<ReturnType<typeof router.pick>>[] = []
        const pending: Promise<unknown>[] = []
        const begin = (): { readonly abortSignal: AbortSignal } => {
          const caller = new AbortController()
          callers.push(caller)
          return { abortSignal: caller.signal }
        }
        const quietly = (work: Promise<unknown> | undefined): void => {
          if (work !== undefined) pending.push(work.catch(() => {}))
        }
        const play = (each: Step): void => {
          if (each.kind === 'ask') quietly(router.run(echo, 'm', 'x', begin()))
          if (each.kind === 'stream') {
            quietly(router.open(echo, 'm', 'x', begin()).then(({ events }) => void streams.push(events)))
          }
          if (each.kind === 'pick') {
            const asked = { operation: 'acme.echo', streamed: leases.length % 2 === 0, ...begin() } as const
            quietly(router.pick('m', asked).then((lease) => void leases.push(lease)))
          }
          if (each.kind === 'answer') calls[each.at]?.settle({ done: false, value: 'end' })
          if (each.kind === 'piece') calls[each.at]?.settle({ done: false, value: 'more' })
          if (each.kind === 'end') calls[each.at]?.settle({ done: true, value: undefined })
          if (each.kind === 'fail') calls[each.at]?.fail(new ModelspineError(each.code, 'planted'))
          if (each.kind === 'read') quietly(streams[each.at]?.next())
          if (each.kind === 'leave') quietly(streams[each.at]?.return?.())
          if (each.kind === 'abort') callers[each.at]?.abort()
          if (each.kind === 'output') leases[each.at]?.output()
          if (each.kind === 'answer') leases[each.at]?.ended({ outcome: 'ok' })
          if (each.kind === 'next') {
            const other = leases[each.at]?.next({ code: each.code })
            if (other !== undefined) leases[each.at] = other
          }
        }
        for (const each of played) {
          if (each.kind === 'wait') await clock.advance(each.ms)
          else play(each)
          await clock.advance(0)
        }
        // Requests end because their callers leave, or by themselves because time passes.
        if (callersLeave) for (const caller of callers) caller.abort()
        await clock.advance(callersLeave ? 0 : 70_000)
        await Promise.all(pending)
        const plan = holder.current?.find('m')?.plans['acme.echo']
        const upstreams = [...(plan?.backends ?? []), ...(plan?.fallback ?? [])].flatMap(
          (each) => each.upstreams,
        )
        expect(upstreams).toHaveLength(3)
        expect(upstreams.map(({ connection, state }) => [connection.inFlight, state.inFlight])).toEqual([
          [0, 0],
          [0, 0],
          [0, 0],
        ])
        expect(holder.current?.find('m')?.load.inFlight).toBe(0)
        expect(clock.pendingTimers).toBe(0)
        expect([told.finished, told.settled, told.errors]).toEqual([told.started, told.started, 0])
        expect([told.began, told.ended]).toEqual([told.attempts, told.attempts])
      }),
      { numRuns: 200 },
    )
  })
})
