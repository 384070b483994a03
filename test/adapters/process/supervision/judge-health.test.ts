import { describe, expect, it } from 'vitest'
import { type Health, judgeHealth } from '../../../../adapters/process/supervision/judge-health.ts'

const limits = {
  path: '/',
  intervalMs: 1000,
  timeoutMs: 1000,
  startTimeoutMs: 60_000,
  failures: 3,
  unreadyLimitMs: 30_000,
}
const bad = { ok: false, message: 'GET / answered 503' } as const
const starting: Health = { health: 'starting', sinceMs: 100, failures: 0 }
const ready: Health = { health: 'ready', sinceMs: 100, failures: 2 }
const unready: Health = { health: 'unready', sinceMs: 100, failures: 3, message: bad.message }

describe('the judgement of a probe', () => {
  it('makes a process ready from the moment at which it answers', () => {
    for (const before of [starting, unready]) {
      const health = { health: 'ready', sinceMs: 900, failures: 0 }
      expect(judgeHealth(before, { ok: true }, limits, 900)).toEqual({ kind: 'keep', health })
    }
    expect(judgeHealth(ready, { ok: true }, limits, 900)).toMatchObject({
      health: { sinceMs: 100, failures: 0 },
    })
  })

  it('makes a ready process unready only after the allowed number of failures in a row', () => {
    const once: Health = { ...ready, failures: 1 }
    expect(judgeHealth(once, bad, limits, 900)).toMatchObject({ health: { health: 'ready', failures: 2 } })
    expect(judgeHealth(ready, bad, limits, 900)).toMatchObject({
      health: { health: 'unready', sinceMs: 900 },
    })
  })

  it('ends a process that is not ready in time, and not before that time', () => {
    expect(judgeHealth(starting, bad, limits, 60_099)).toMatchObject({ kind: 'keep' })
    expect(judgeHealth(starting, bad, limits, 60_100)).toMatchObject({ kind: 'end', reason: 'StartTimeout' })
    expect(judgeHealth(starting, { ok: true }, limits, 60_100)).toMatchObject({ kind: 'keep' })
  })

  it('ends a process that stays unready for too long, and not before that time', () => {
    expect(judgeHealth(unready, bad, limits, 30_099)).toMatchObject({ kind: 'keep' })
    expect(judgeHealth(unready, bad, limits, 30_100)).toMatchObject({ kind: 'end', reason: 'Unhealthy' })
  })
})
