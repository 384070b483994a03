import { describe, expect, it } from 'vitest'
import { sleep } from '../../../src/clock.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'

describe('the fake clock', () => {
  it('stands still until it is advanced', async () => {
    const clock = createFakeClock({ startMs: 5000 })
    expect([clock.now(), clock.monotonic()]).toEqual([5000, 0])
    await clock.advance(250)
    expect([clock.now(), clock.monotonic()]).toEqual([5250, 250])
  })

  it('runs due timers in the order of their times, and each timer at its own time', async () => {
    const clock = createFakeClock({ startMs: 0 })
    const ran: [string, number][] = []
    for (const [name, delayMs] of [
      ['late', 30],
      ['first', 10],
      ['second', 10],
      ['beyond', 31],
    ] as const) {
      clock.schedule(delayMs, () => ran.push([name, clock.now()]))
    }
    await clock.advance(30)
    expect(ran).toEqual([
      ['first', 10],
      ['second', 10],
      ['late', 30],
    ])
    expect(clock.pendingTimers).toBe(1)
  })

  it('runs a timer that another timer scheduled through a chain of promises', async () => {
    const clock = createFakeClock()
    const seen: number[] = []
    const loop = async (): Promise<void> => {
      for (let turn = 0; turn < 3; turn += 1) {
        await sleep(clock, 10)
        await Promise.resolve().then(() => Promise.resolve())
        seen.push(clock.monotonic())
      }
    }
    const running = loop()
    await clock.advance(35)
    expect(seen).toEqual([10, 20, 30])
    await running
  })

  it('does not run a cancelled timer, and lets a timer be cancelled twice', async () => {
    const clock = createFakeClock()
    const ran: string[] = []
    const cancelled = clock.schedule(10, () => ran.push('cancelled'))
    clock.schedule(10, () => ran.push('kept'))
    cancelled.cancel()
    cancelled.cancel()
    await clock.advance(10)
    expect(ran).toEqual(['kept'])
  })

  it('rejects with the error that a timer threw', async () => {
    const clock = createFakeClock()
    clock.schedule(1, () => {
      throw new Error('broken timer')
    })
    await expect(clock.advance(1)).rejects.toThrow('broken timer')
  })

  it('gives the same numbers and ids for the same seed, and other ones for another seed', () => {
    const draw = (seed: number): unknown[] => {
      const clock = createFakeClock({ seed })
      return [clock.random(), clock.id(), clock.id()]
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(new Set(draw(7)).size).toBe(3)
  })

  it('refuses to go back', async () => {
    await expect(createFakeClock().advance(-1)).rejects.toThrow(TypeError)
  })
})
