import { sleep, systemClock } from '../clock.ts'
import { isModelspineError } from '../errors.ts'
import type { HttpReply } from './http-reply.ts'
import { retryAfterMs } from './rate-limits.ts'

/**
 * Short retries of a call that is safe to repeat. Never use them for inference, because there the router
 * decides.
 */
export interface HttpRetry {
  /** The number of further tries after the first try. */
  readonly times: number
  /**
   * The wait before the first further try, in milliseconds. The wait doubles with each try and has jitter.
   * Default 100.
   */
  readonly minDelayMs?: number
  /**
   * The longest wait, in milliseconds. A Retry-After that is longer ends the tries. A shorter one is waited for
   * before the wait begins. Default 2,000.
   */
  readonly maxDelayMs?: number
}

const passing: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** An answer that asks for another try. It is thrown so that p-retry sees a failure. */
class ComeAgain extends Error {
  readonly reply: HttpReply
  constructor(reply: HttpReply) {
    super(`status ${reply.status}`)
    this.reply = reply
  }
}

/**
 * Repeats the call after `unavailable`, `timeout` and `interrupted`, and after the statuses 429, 502, 503 and
 * 504. The last outcome is the result.
 */
export async function withRetries(
  call: () => Promise<HttpReply>,
  retry: HttpRetry,
  abortSignal: AbortSignal | undefined,
): Promise<HttpReply> {
  const { default: pRetry } = await import('p-retry')
  const { times, minDelayMs = 100, maxDelayMs = 2000 } = retry
  let last: unknown
  try {
    return await pRetry(
      async () => {
        const reply = await call()
        if (passing.has(reply.status)) throw new ComeAgain(reply)
        return reply
      },
      {
        retries: times,
        minTimeout: minDelayMs,
        maxTimeout: maxDelayMs,
        randomize: true,
        ...(abortSignal === undefined ? {} : { signal: abortSignal }),
        onFailedAttempt: ({ error }) => {
          last = error
        },
        // Asked only when a try is left. The wait before that try begins after it.
        shouldRetry: async ({ error }) => {
          if (!worthwhile(error, maxDelayMs)) return false
          const waitMs = waitOf(error) ?? 0
          if (waitMs > 0) await sleep(systemClock, waitMs, abortSignal)
          return true
        },
      },
    )
  } catch (error) {
    // When p-retry was waiting, it rejects with the bare reason of the abort. The call itself throws
    // `aborted`.
    if (abortSignal?.aborted && !isModelspineError(error, 'aborted')) return call()
    const outcome = error instanceof ComeAgain ? error : last instanceof ComeAgain ? last : undefined
    if (outcome !== undefined) return outcome.reply
    throw error
  }
}

/** How long the server asks to wait. */
function waitOf(error: Error): number | undefined {
  return error instanceof ComeAgain ? retryAfterMs(error.reply.headers, systemClock.now()) : undefined
}

function worthwhile(error: Error, maxDelayMs: number): boolean {
  if (error instanceof ComeAgain) {
    const wait = waitOf(error)
    return wait === undefined || wait <= maxDelayMs
  }
  return (
    isModelspineError(error, 'unavailable') ||
    isModelspineError(error, 'timeout') ||
    isModelspineError(error, 'interrupted')
  )
}
