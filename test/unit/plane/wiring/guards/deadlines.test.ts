import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../../../src/clock.ts'
import { createDeadlines } from '../../../../../src/plane/wiring/guards/deadlines.ts'
import { createFakeClock } from '../../../../../src/testing/fake-clock.ts'
import { collectGarbage } from '../../../../collect-garbage.ts'

function scene() {
  const clock = createFakeClock()
  const deadlines = createDeadlines(clock)
  const late: string[] = []
  const begin = (name: string, ms: number) =>
    deadlines.begin(ms, () => void late.push(`${name} at ${clock.monotonic()}`))
  return { clock, deadlines, late, begin }
}

describe('deadlines', () => {
  it('of a wait that is over keep none of the waits after it alive', async () => {
    const { deadlines } = scene()
    const kept = deadlines.begin(1000, () => {})
    const later = ((): WeakRef<object> => {
      const held = {}
      deadlines.begin(1000, () => void held).met()
      const wait = deadlines.begin(1000, () => void held)
      kept.met()
      wait.met()
      return new WeakRef(held)
    })()
    deadlines.begin(1000, () => {}).met()
    await nextTurn()
    collectGarbage()
    expect(later.deref()).toBeUndefined()
    expect(kept).toBeDefined()
  })

  it('end each wait at its own time, unless it was met', async () => {
    const { clock, late, begin } = scene()
    const first = begin('first', 1000)
    await clock.advance(300)
    begin('second', 1000)
    begin('short', 100)
    const met = begin('met', 1000)
    await clock.advance(300)
    begin('third', 1000)
    first.met()
    met.met()
    met.met()
    await clock.advance(10_000)
    expect(late).toEqual(['short at 400', 'second at 1300', 'third at 1600'])
    expect(clock.pendingTimers).toBe(0)
  })

  it('need one timer for all waits of one length', async () => {
    const { clock, begin } = scene()
    for (let call = 0; call < 100; call += 1) begin(`${call}`, 1000).met()
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(1000)
    expect(clock.pendingTimers).toBe(0)
  })

  it('come to an end although times are fractions', async () => {
    const { clock, late, begin } = scene()
    for (let wait = 0; wait < 50; wait += 1) {
      await clock.advance(1 / 3)
      begin(`${wait}`, 1000)
    }
    await clock.advance(2000)
    expect(late).toHaveLength(50)
  })

  it('may be begun and met while others end', async () => {
    const { clock, deadlines, late, begin } = scene()
    deadlines.begin(100, () => {
      begin('later', 100)
      other.met()
    })
    const other = begin('other', 100)
    await clock.advance(500)
    expect(late).toEqual(['later at 200'])
  })

  it('leave no timer when they are closed', () => {
    const { clock, deadlines, begin } = scene()
    begin('one', 100)
    begin('two', 200)
    deadlines.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('end every wait when they are closed, and arm no timer for a later one', async () => {
    const { clock, deadlines } = scene()
    const ends: string[] = []
    const wait = (name: string) =>
      deadlines.begin(100, (closed) => {
        ends.push(`${name} ${closed}`)
        if (name === 'first') wait('within')
      })
    wait('first')
    wait('second')
    wait('met').met()
    deadlines.close()
    expect(ends).toEqual(['first true', 'second true'])
    wait('later')
    wait('met later').met()
    await nextTurn()
    expect(ends.slice(2)).toEqual(['within true', 'later true'])
    expect(clock.pendingTimers).toBe(0)
  })
})
