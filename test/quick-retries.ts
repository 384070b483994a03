import pRetry, { type Options } from 'p-retry'

/**
 * What `src/http` gets for p-retry in `npm test`. It tries as often, but waits a hundredth of the time: many tests see a
 * vendor fail, and none is about how long p-retry waits. A wait of more than seconds is one that a test aborts, and stays.
 */
export default function quickRetry<Answer>(
  input: (attempt: number) => PromiseLike<Answer> | Answer,
  options: Options,
): Promise<Answer> {
  const { minTimeout = 1000, maxTimeout = 10_000 } = options
  return pRetry(input, { ...options, minTimeout: shorter(minTimeout), maxTimeout: shorter(maxTimeout) })
}

function shorter(waitMs: number): number {
  return waitMs > 10_000 ? waitMs : waitMs / 100
}
