import { isModelspineError } from '../errors.ts'
import type { HttpReply } from './http-reply.ts'
import { retryAfterMs } from './retry-after.ts'

/** Short retries of a call that may safely be made twice. Never for inference: there the router decides. */
export interface HttpRetry {
  /** Further tries after the first. */
  readonly times: number
  /** Before the first further try; doubles from there, with jitter. Default 100. */
  readonly minDelayMs?: number
  /** Default 2,000. A longer Retry-After ends the tries. */
  readonly maxDelayMs?: number
}

const passing: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** An answer that asks to come again, thrown so that p-retry sees a failure. */
class ComeAgain extends Error {
  readonly reply: HttpReply
  constructor(reply: HttpReply) {
    super(`status ${reply.status}`)
    this.reply = reply
  }
}

/** Repeats after `unavailable`, `timeout`, `interrupted` and after 429, 502, 503 and 504; the last outcome stands. */
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
        shouldRetry: ({ error }) => worthwhile(error, maxDelayMs),
      },
    )
  } catch (error) {
    // p-retry rejects with the abort's bare reason when it was waiting; the call itself tells it in our words.
    if (abortSignal?.aborted && !isModelspineError(error, 'aborted')) return call()
    const outcome = error instanceof ComeAgain ? error : last instanceof ComeAgain ? last : undefined
    if (outcome !== undefined) return outcome.reply
    throw error
  }
}

function worthwhile(error: Error, maxDelayMs: number): boolean {
  if (error instanceof ComeAgain) {
    const wait = retryAfterMs(error.reply.headers, Date.now())
    return wait === undefined || wait <= maxDelayMs
  }
  return (
    isModelspineError(error, 'unavailable') ||
    isModelspineError(error, 'timeout') ||
    isModelspineError(error, 'interrupted')
  )
}
