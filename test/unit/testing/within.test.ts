import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { within } from '../../../src/testing/within.ts'

/** As when the machine lets the process wait. */
function stall(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs)
}

describe('the patience of a kit', () => {
  it('is not spent while the process does not run', async () => {
    const answer = (async () => {
      await turn()
      stall(60)
      for (let turns = 0; turns < 3; turns += 1) await turn()
      return 'an answer'
    })()
    expect(await within(40, answer, 'it answers')).toBe('an answer')
  })

  it('ends', async () => {
    await expect(within(40, new Promise(() => {}), 'it answers')).rejects.toThrow(
      'it answers: not within 40 ms',
    )
  })
})
