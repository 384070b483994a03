import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { pollChanges } from '../../../../adapters/shared/registry/poll-changes.ts'

/** A poller whose looks the test ends. */
function polled() {
  const clock = createFakeClock()
  const controller = new AbortController()
  const looks: PromiseWithResolvers<void>[] = []
  const look = (): Promise<void> => {
    const next = Promise.withResolvers<void>()
    looks.push(next)
    return next.promise
  }
  pollChanges({ look }, { clock, pollMs: 1000 }, controller.signal)
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return { clock, controller, looks, settled }
}

describe('looking for changes', () => {
  it('begins at once, and goes on a while after each look, also after one that failed', async () => {
    const { clock, looks, settled } = polled()
    expect(looks).toHaveLength(1)
    await clock.advance(5000)
    expect(looks).toHaveLength(1)
    looks[0]?.reject(new Error('away'))
    await settled()
    await clock.advance(799)
    expect(looks).toHaveLength(1)
    await clock.advance(401)
    expect(looks).toHaveLength(2)
  })

  it('ends with the abort, before, between and within looks', async () => {
    const within = polled()
    within.controller.abort()
    within.looks[0]?.resolve()
    await within.settled()
    const between = polled()
    between.looks[0]?.resolve()
    await between.settled()
    expect(between.clock.pendingTimers).toBe(1)
    between.controller.abort()
    for (const { clock, looks } of [within, between]) {
      expect(clock.pendingTimers).toBe(0)
      await clock.advance(5000)
      expect(looks).toHaveLength(1)
    }
    const looked: AbortSignal[] = []
    const look = async (abortSignal: AbortSignal): Promise<void> => {
      looked.push(abortSignal)
    }
    pollChanges({ look }, { clock: createFakeClock(), pollMs: 1000 }, AbortSignal.abort())
    expect(looked).toEqual([])
  })
})
