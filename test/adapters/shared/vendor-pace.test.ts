import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { createVendorPace, type VendorPace } from '../../../adapters/shared/vendor-pace.ts'

const startMs = 1000

/** A vendor that takes one request each `everyMs`, asked by many at once until all are taken. */
async function asked(count: number, everyMs: number) {
  const clock = createFakeClock({ startMs })
  const pace = createVendorPace(clock)
  let [taken, turnedAway, freeAtMs] = [0, 0, 0]
  const caller = async (): Promise<void> => {
    for (;;) {
      await pace.turn(undefined)
      if (clock.monotonic() >= freeAtMs) {
        freeAtMs = clock.monotonic() + everyMs
        taken += 1
        pace.taken()
        return
      }
      turnedAway += 1
      pace.turnedAway()
    }
  }
  const begunMs = clock.monotonic()
  const all = Promise.all(Array.from({ length: count }, caller))
  for (let ms = 0; ms < 10 * count * everyMs && taken < count; ms += 10) await clock.advance(10)
  await all
  return { turnedAway, tookMs: clock.monotonic() - begunMs }
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
    const { turnedAway, tookMs } = await asked(60, everyMs)
    // The first ones came at once.
    expect(turnedAway - 60).toBeLessThan(60)
    expect(tookMs).toBeLessThan(2 * 60 * everyMs + 1000)
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
