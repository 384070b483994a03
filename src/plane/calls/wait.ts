import type { Clock } from '../../clock.ts'
import { ModelspineError } from '../../errors.ts'
import { conditionOf } from '../../resources/deployment/condition.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Deployment } from './deployment.ts'

export interface WaitOptions {
  /** `settled` also ends the wait when the rollout ended badly or waits for a person. Default `ready`. */
  readonly until?: 'ready' | 'settled' | 'deleted'
  /** Milliseconds, after which the wait throws `timeout`. Default 600,000. */
  readonly timeoutMs?: number
  readonly abortSignal?: AbortSignal
}

export type Waited = 'waiting' | 'done'

/**
 * Whether a wait is over. Throws `not-found` for a deployment that does not exist. Throws `wrong-phase` when
 * the deployment will not become ready by itself.
 */
export function judgeWait(
  deployment: Deployment | null,
  { key, until }: { readonly key: Key; readonly until: NonNullable<WaitOptions['until']> },
): Waited {
  if (deployment === null) {
    if (until === 'deleted') return 'done'
    throw new ModelspineError('not-found', `there is no ModelDeployment ${key}, so it will never be ${until}`)
  }
  if (until === 'deleted') return 'waiting'
  const { status, generation } = deployment
  if (status === undefined || status.observedGeneration !== generation) return 'waiting'
  if (conditionOf(status.conditions, 'Ready')?.status === 'True') return 'done'
  const stands = conditionOf(status.conditions, 'Progressing')
  if (stands?.status !== 'False' || stands.reason === 'Converged') return 'waiting'
  if (until === 'settled') return 'done'
  throw new ModelspineError(
    'wrong-phase',
    `${key} will not become ready by itself: ${stands.reason}: ${stands.message}`,
    {
      details: { phase: status.rollout.phase, reason: stands.reason },
    },
  )
}

/**
 * Looks after each change. Another process may do the work and tell nothing, so it also looks from time to time:
 * after a second, and rarer the longer the wait lasts, up to every ten seconds.
 */
export async function waitUntil<Result>(
  look: () => Promise<Result | undefined>,
  subscribe: (changed: () => void) => () => void,
  clock: Clock,
  { timeoutMs = 600_000, abortSignal }: WaitOptions,
  what: string,
): Promise<Result> {
  const startedMs = clock.monotonic()
  const deadline = startedMs + timeoutMs
  for (;;) {
    let wake = (): void => {}
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    const unsubscribe = subscribe(wake)
    const nowMs = clock.monotonic()
    const pauseMs = Math.min(slowestMs, Math.max(fastestMs, (nowMs - startedMs) / 8))
    const timer = clock.schedule(Math.min(pauseMs, Math.max(0, deadline - nowMs)), wake, true)
    abortSignal?.addEventListener('abort', wake, { once: true })
    try {
      const result = await look()
      if (result !== undefined) return result
      if (abortSignal?.aborted) throw new ModelspineError('aborted', `waiting for ${what} was aborted`)
      if (clock.monotonic() >= deadline) {
        throw new ModelspineError('timeout', `${what} did not happen within ${timeoutMs} ms`)
      }
      await woken
    } finally {
      unsubscribe()
      timer.cancel()
      abortSignal?.removeEventListener('abort', wake)
    }
  }
}

const fastestMs = 1000
const slowestMs = 10_000
