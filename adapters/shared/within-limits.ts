import { ModelspineError, systemClock } from 'modelspine/adapter'

interface WaitLimits {
  /** 0 means no limit. */
  readonly timeoutMs: number
  readonly abortSignal: AbortSignal | undefined
}

/**
 * What the work gives. Throws `late` when the time has passed before, and `aborted`. The work itself is not ended,
 * and it does not begin when the caller has aborted.
 */
export async function withinLimits<Value>(
  work: () => Promise<Value>,
  { timeoutMs, abortSignal }: WaitLimits,
  late: () => ModelspineError,
): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>()
  const abort = (): void =>
    reject(
      new ModelspineError('aborted', 'aborted by the caller', {
        cause: abortSignal?.reason,
        details: { phase: 'connecting' },
      }),
    )
  if (abortSignal?.aborted) abort()
  else work().then(resolve, reject)
  abortSignal?.addEventListener('abort', abort, { once: true })
  const timer = timeoutMs === 0 ? undefined : systemClock.schedule(timeoutMs, () => reject(late()), true)
  try {
    return await promise
  } finally {
    timer?.cancel()
    abortSignal?.removeEventListener('abort', abort)
  }
}
