import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { leftBy, startTour } from './support/tour.ts'

const name = 'quickstart'

describe('the quickstart', () => {
  it('tells its whole story, exits with 0 and leaves nothing behind', async () => {
    const { child, pid, out } = startTour(name)
    expect(await once(child, 'close'), out()).toEqual([0, null])
    expect(out()).toContain('v2 is stable and takes all traffic')
    expect(out()).toContain('PolicyDenied, reason Denied')
    expect(out()).toMatch(
      /accuracy at 10 % of traffic, where stable has 0\.\d+ .* is seen in 90 % of cases within \d+ samples/,
    )
    expect(out()).toContain('v4 fails: GateFailed')
    expect(out()).toMatch(/\d+ records, each hashed with the one before: the log is intact/)
    expect(out()).toContain('does not match its own hash')
    expect(out()).toMatch(/failed requests\s+0/)
    expect(leftBy(name, pid)).toEqual([])
  }, 180_000)

  it.each(['v1 trained', 'split: v1 90 %'])(
    'leaves nothing behind when Ctrl-C comes twice after “%s”',
    async (moment) => {
      const { child, pid, says } = startTour(name)
      await says(moment)
      child.kill('SIGINT')
      child.kill('SIGINT')
      expect(await once(child, 'close')).toEqual([130, null])
      expect(leftBy(name, pid)).toEqual([])
    },
    120_000,
  )

  it('removes the remains of a killed run when it runs again', async () => {
    const killed = startTour(name)
    await killed.says('split: v1 90 %')
    killed.child.kill('SIGKILL')
    await once(killed.child, 'close')
    expect(leftBy(name, killed.pid).length).toBeGreaterThan(1)
    const next = startTour(name)
    await next.says('cleaned up after')
    next.child.kill('SIGINT')
    await once(next.child, 'close')
    expect(leftBy(name, killed.pid)).toEqual([])
    expect(leftBy(name, next.pid)).toEqual([])
  }, 120_000)
})
