import type { Deadlines } from './deadlines.ts'

/** How long an answer waits until it is known which secrets its words may hold. Then they are withheld. */
const learnMs = 1000

/** Waits for `learning` a short time, and not at all for a caller that has given up. Never rejects. */
export function timeToLearn(
  deadlines: Deadlines,
  learning: Promise<void>,
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      deadline.met()
      abortSignal?.removeEventListener('abort', end)
      resolve()
    }
    const deadline = deadlines.begin(learnMs, end)
    abortSignal?.addEventListener('abort', end, { once: true })
    learning.then(end, end)
  })
}
