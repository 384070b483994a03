import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sleep, systemClock } from '../../src/clock.ts'

const dayMs = 86_400_000

describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('waits the whole delay, even when it is longer than a timer of Node can wait', () => {
    const run = vi.fn()
    systemClock.schedule(60 * dayMs, run)
    vi.advanceTimersByTime(60 * dayMs - 1)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledOnce()
  })

  it('can cancel a long wait at any time', () => {
    const run = vi.fn()
    const timer = systemClock.schedule(60 * dayMs, run)
    vi.advanceTimersByTime(50 * dayMs)
    timer.cancel()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(60 * dayMs)
    expect(run).not.toHaveBeenCalled()
  })
})

describe('a sleep', () => {
  it('throws aborted when its signal fires, before it and in the middle', async () => {
    const why = new Error('enough')
    const early = sleep(systemClock, 60_000, AbortSignal.abort(why))
    await expect(early).rejects.toMatchObject({ code: 'aborted', cause: why })
    const abort = new AbortController()
    const late = sleep(systemClock, 60_000, abort.signal)
    abort.abort(why)
    await expect(late).rejects.toMatchObject({ code: 'aborted', cause: why })
  })
})
