import { sleep } from 'modelspine/adapter'
import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { createVendorPace, LongLine, type VendorPace } from '../../../adapters/shared/vendor-pace.ts'

const startMs = 1000

/** A vendor that takes one request each `everyMs`, asked by many calls of some requests until all are taken. */
async function asked(calls: number, requestsEach: number, everyMs: number) {
  const clock = createFakeClock({ startMs })
  const pace = createVendorPace(clock)
  let [turnedAway, freeAtMs, sentHome] = [0, 0, 0]
  const longestMs: number[] = []
  const request = async (call: AbortSignal): Promise<void> => {
    for (;;) {
      await pace.turn(call)
      if (clock.monotonic() >= freeAtMs) {
        freeAtMs = clock.monotonic() + everyMs
        pace.taken()
        return
      }
      turnedAway += 1
      pace.turnedAway()
    }
  }
  const caller = async (): Promise<void> => {
    const call = new AbortController().signal
    const begunMs = clock.monotonic()
    try {
      for (let left = requestsEach; left > 0; left -= 1) await request(call)
      longestMs.push(clock.monotonic() - begunMs)
    } catch (error) {
      if (!(error instanceof LongLine)) throw error
      sentHome += 1
      await sleep(clock, error.waitMs, undefined)
      await caller()
    }
  }
  // Until it is known how many are too many, all go at once.
  await Promise.all([request(new AbortController().signal), pace.turnedAway()])
  const begunMs = clock.monotonic()
  let isOver = false
  const all = Promise.all(Array.from({ length: calls }, caller)).then(() => {
    isOver = true
  })
  for (let ms = 0; ms < 10 * calls * requestsEach * everyMs && !isOver; ms += 10) await clock.advance(10)
  await all
  return { turnedAway, sentHome, tookMs: clock.monotonic() - begunMs, longestMs: Math.max(...longestMs) }
}

function isWaiting(pace: VendorPace): boolean {
  return pace.turn(undefined) !== undefined
}

describe('the pace of a vendor', () => {
  it('holds nothing back before a request was turned away, and again after enough were taken', async () => {
    const clock = createFakeClock({ startMs })
    const pace = createVendorPace(clock)
    expect(isWaiting(pace)).toBe(false)
    pace.turnedAway()
    expect(isWaiting(pace)).toBe(true)
    for (let times = 0; times < 30; times += 1) pace.taken()
    await clock.advance(250)
    expect(isWaiting(pace)).toBe(false)
  })

  it.each([100, 1000])('becomes that of a vendor that takes one request each %d ms', async (everyMs) => {
    const { turnedAway, tookMs } = await asked(20, 3, everyMs)
    expect(turnedAway).toBeLessThan(15)
    expect(tookMs).toBeLessThan(1.5 * 60 * everyMs + 1000)
  })

  it('lets a call that has begun come to its end before others begin, and sends those home that would wait long', async () => {
    const { longestMs, sentHome } = await asked(20, 3, 1000)
    // The plane gives a call ten seconds.
    expect(longestMs).toBeLessThan(10_000)
    expect(sentHome).toBeGreaterThan(0)
  })

  it('lets nobody wait for one who gave up', async () => {
    const clock = createFakeClock({ startMs })
    const pace = createVendorPace(clock)
    pace.turnedAway()
    const abort = new AbortController()
    const given = pace.turn(abort.signal)
    const next = pace.turn(undefined)
    abort.abort()
    await expect(given).rejects.toMatchObject({ code: 'aborted' })
    await clock.advance(250)
    await next
  })

  it('gives a turn to nobody who gave up before it came', async () => {
    const clock = createFakeClock({ startMs })
    const pace = createVendorPace(clock)
    pace.turnedAway()
    const abort = new AbortController()
    const [first, second, third] = [pace.turn(undefined), pace.turn(abort.signal), pace.turn(undefined)]
    const refused = expect(second).rejects.toMatchObject({ code: 'aborted' })
    abort.abort()
    await clock.advance(250)
    await first
    await refused
    await clock.advance(250)
    await third
  })
})
