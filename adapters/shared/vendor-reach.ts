import { type Clock, isModelspineError, ModelspineError, systemClock } from 'modelspine/adapter'
import { type CallerLimits, withinLimits } from './within-limits.ts'

/**
 * Whether a vendor can be reached, as the calls of one client learn it. While it cannot, further tries help
 * nobody, and one call at a time finds out whether it can be reached again: half a second later at first, then ever
 * more rarely, up to every ten seconds. Calls that come before send nothing.
 */
export interface VendorReach {
  /** No connection was to be had by the last call that needed one. */
  readonly isAway: boolean
  /**
   * Makes the call. While the vendor is away and another call finds out whether it is back, it waits for that one,
   * within the limits. Where that one fails to connect too, and before it is time to find out again, it throws
   * `unavailable` and sends nothing. Where that one learns nothing, because it was aborted or slow, the next one finds
   * out.
   */
  through<Answer>(call: () => Promise<Answer>, limits: CallerLimits): Promise<Answer>
}

const [firstPauseMs, longestPauseMs] = [500, 10_000]

/** `where` names the vendor in errors. */
export function createVendorReach(where: string, clock: Clock = systemClock): VendorReach {
  let isAway = false
  let failures = 0
  let notBeforeMs = 0
  let finding: Promise<void> | undefined

  async function made<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await call()
      isAway = false
      return answer
    } catch (error) {
      if (isModelspineError(error, 'unavailable') && error.details.phase === 'connecting') lost()
      // What timed out may be slow alone, and an aborted call tells nothing.
      else if (!isModelspineError(error, 'aborted') && !isModelspineError(error, 'timeout')) isAway = false
      throw error
    }
  }

  /** Calls that were under way together are one failure. */
  function lost(): void {
    const nowMs = clock.monotonic()
    if (isAway && nowMs < notBeforeMs) return
    failures = isAway ? failures + 1 : 1
    isAway = true
    notBeforeMs = nowMs + Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1))
  }

  function away(): ModelspineError {
    return new ModelspineError('unavailable', `${where} is away: another call has just found no connection`, {
      details: { phase: 'connecting' },
      retryAfterMs: Math.max(0, notBeforeMs - clock.monotonic()),
    })
  }

  function late(): ModelspineError {
    const message = `${where} was away, and another call still finds out if it is back`
    return new ModelspineError('unavailable', message, { details: { phase: 'connecting' } })
  }

  function ended(): void {
    finding = undefined
  }

  return {
    get isAway() {
      return isAway
    },
    async through(call, { timeoutMs, abortSignal }) {
      const begunMs = clock.monotonic()
      while (isAway) {
        if (finding === undefined) {
          if (clock.monotonic() < notBeforeMs) throw away()
          const answer = made(call)
          finding = answer.then(ended, ended)
          return answer
        }
        const found = finding
        const waitedMs = clock.monotonic() - begunMs
        if (timeoutMs > 0 && waitedMs >= timeoutMs) throw late()
        const left = { timeoutMs: timeoutMs && timeoutMs - waitedMs, abortSignal }
        await withinLimits(() => found, left, late, clock)
      }
      return made(call)
    },
  }
}

/** Whether there was no connection, so that nothing of the request left this machine. */
export function wasNotSent(error: unknown): boolean {
  return isModelspineError(error) && error.details.phase === 'connecting'
}
