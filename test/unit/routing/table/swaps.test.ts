import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../../src/errors.ts'
import type { ModelProvider } from '../../../../src/provider/contract.ts'
import { createRouter } from '../../../../src/routing/router.ts'
import { createRouteTableHolder } from '../../../../src/routing/table/table-holder.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { deployment, question, route, tensors, vendor } from '../scenario.ts'

const requests = 1000
const swaps = 200
const replacements = 20

/** A provider that takes its time, and that nobody can reach once it is closed. */
function slow(clock: ReturnType<typeof createFakeClock>, name: string): ModelProvider {
  let isClosed = false
  const wait = async (): Promise<void> => {
    if (isClosed) throw new ModelspineError('unavailable', `${name} is closed`)
    await new Promise<void>((resolve) => clock.schedule(1 + clock.random() * 30, resolve))
    if (isClosed) throw new ModelspineError('interrupted', `${name} was closed`)
  }
  return {
    name,
    capabilities: { operations: ['infer', 'chat'], streaming: true, dialects: [] },
    async infer() {
      await wait()
      return { kind: 'tensors', outputs: [] }
    },
    async *chatStream() {
      for (let piece = 0; piece < 3; piece += 1) {
        await wait()
        yield [{ parts: [{ type: 'text-delta', choice: 0, block: 0, text: 'x' }] }]
      }
      yield [{ parts: [{ type: 'finish', choice: 0, finishReason: 'stop' }] }]
    },
    async close() {
      isClosed = true
    },
  }
}

describe('requests during swaps of the table and replacements of providers', () => {
  it('are all answered, and the stop at the end leaves nothing', async () => {
    const clock = createFakeClock()
    const holder = createRouteTableHolder({ clock, graceMs: 100 })
    const connect = { test: ({ address }: { readonly address: string }) => slow(clock, address) }
    const closing: Promise<void>[] = []
    let spare = slow(clock, 'spare-0')
    const load = (swap: number): void => {
      if (swap % (swaps / replacements) === 0) {
        // Whoever replaces a provider lets its calls end first, as the plane does.
        const old = spare
        spare = slow(clock, `spare-${swap}`)
        closing.push(new Promise((resolve) => clock.schedule(500, () => resolve(old.close?.()))))
      }
      const endpoint = { protocol: 'test', address: `churn-at-${swap % 7}` }
      holder.load({
        routes: [
          route([{ deployment: 'churn', weight: 3 }, vendor('spare')], {
            fallback: [vendor('spare', 1, 'x')],
          }),
        ],
        deployments: [
          deployment('churn', { r1: 100 }, { endpoints: [{ revision: 'r1', target: 'local', endpoint }] }),
        ],
        providers: { spare },
        connect,
      })
    }
    load(0)
    const router = createRouter({ table: holder, clock })
    const calls: Promise<unknown>[] = []
    for (let sent = 0; sent < requests; sent += 1) {
      if (sent % (requests / swaps) === 0) load(1 + sent / (requests / swaps))
      if (sent % 3 > 0) calls.push(router.infer('m', tensors))
      else {
        calls.push(
          router.chatStream('m', question).then(async ({ events }) => {
            let pieces = 0
            for await (const _ of events) pieces += 1
            if (pieces !== 4) throw new Error(`${pieces} pieces`)
          }),
        )
      }
      if (sent % 2 === 0) await clock.advance(2)
    }
    const outcomes = Promise.allSettled(calls)
    await clock.advance(2000)
    expect((await outcomes).filter(({ status }) => status === 'rejected')).toEqual([])
    await Promise.all(closing)
    await holder.close()
    await clock.advance(1000)
    expect(clock.pendingTimers).toBe(0)
  })
})
