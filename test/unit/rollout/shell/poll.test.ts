import { describe, expect, it } from 'vitest'
import { priorities } from '../../../../src/reconcile/priority.ts'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import { initialStatus } from '../../../../src/rollout/machine/status-edits.ts'
import { pollAfterMs, pollPriority } from '../../../../src/rollout/shell/poll.ts'
import { priorityOfStored } from '../../../../src/rollout/shell/priority-of-stored.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'

const clock = createFakeClock()
const times = { resyncMs: 60_000, quietMs: 500_000 }

function standing(sinceMs: number, phase: 'converged' | 'stopped' = 'converged'): DeploymentStatus {
  const rollout = { phase, revision: 'r1', sinceMs: clock.now() - sinceMs } as DeploymentStatus['rollout']
  return { ...initialStatus(clock.now()), observedGeneration: 1, rollout }
}

/** The wait without its jitter of a tenth, within which it must lie. */
function near(ms: number): { min: number; max: number } {
  return { min: ms * 0.9, max: ms * 1.1 }
}

describe('the time of the next look', () => {
  it.each([
    ['has just converged', standing(0), 60_000],
    ['converged two minutes ago', standing(120_000), 120_000],
    ['converged an hour ago', standing(3_600_000), 500_000],
    ['was stopped an hour ago', standing(3_600_000, 'stopped'), 500_000],
  ])('is later the longer a deployment stands still: one that %s', (_what, status, ms) => {
    const afterMs = pollAfterMs(status, times, clock)
    expect(afterMs).toBeGreaterThanOrEqual(near(ms).min)
    expect(afterMs).toBeLessThanOrEqual(near(ms).max)
    expect(pollPriority(status)).toBe(priorities.resync)
  })

  it('comes soon while something moves, however long it takes', () => {
    const status: DeploymentStatus = {
      ...standing(0),
      rollout: { phase: 'starting', revision: 'r2', sinceMs: clock.now() - 3_600_000 },
    }
    expect(pollAfterMs(status, times, clock)).toBeLessThanOrEqual(11_000)
    expect(pollPriority(status)).toBe(priorities.drift)
  })

  it('differs from look to look, so that looks do not stay together', () => {
    const waits = new Set(Array.from({ length: 10 }, () => pollAfterMs(standing(0), times, clock)))
    expect(waits.size).toBe(10)
  })
})

describe('the urgency of a stored deployment', () => {
  const stored = (change: object): Parameters<typeof priorityOfStored>[0] => ({
    generation: 1,
    status: standing(0),
    ...change,
  })

  it.each([
    ['nobody has looked at', { status: undefined }, priorities.user],
    ['was declared anew', { generation: 2 }, priorities.user],
    ['is to be deleted', { deletion: { atMs: 0, actor: { name: 'ann' } } }, priorities.user],
    [
      'turns back',
      {
        status: {
          ...standing(0),
          rollout: { phase: 'rolling-back', revision: 'r2', cause: 'Aborted', message: '', sinceMs: 0 },
        },
      },
      priorities.user,
    ],
    [
      'rolls out',
      { status: { ...standing(0), rollout: { phase: 'starting', revision: 'r2', sinceMs: 0 } } },
      priorities.drift,
    ],
    ['stands still', {}, priorities.resync],
  ])('of one that %s', (_what, change, priority) => {
    expect(priorityOfStored(stored(change))).toBe(priority)
  })
})
