import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'

const dayMs = 86_400_000

describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('waits as long as it was told, also longer than one of Node’s timers can', () => {
    const run = vi.fn()
    systemClock.schedule(60 * dayMs, run)
    vi.advanceTimersByTime(60 * dayMs - 1)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledOnce()
  })

  it('cancels a long wait in any part of it', () => {
    const run = vi.fn()
    const timer = systemClock.schedule(60 * dayMs, run)
    vi.advanceTimersByTime(50 * dayMs)
    timer.cancel()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(60 * dayMs)
    expect(run).not.toHaveBeenCalled()
  })
})
