import { type Clock, ModelspineError, systemClock, unlessAborted } from 'modelspine/adapter'

export interface CallerLimits {
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
  { timeoutMs, abortSignal }: CallerLimits,
  late: () => ModelspineError,
  clock: Clock = systemClock,
): Promise<Value> {
  const aborted = (cause: unknown): ModelspineError =>
    new ModelspineError('aborted', 'aborted by the caller', { cause, details: { phase: 'connecting' } })
  if (abortSignal?.aborted) throw aborted(abortSignal.reason)
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = timeoutMs === 0 ? undefined : clock.schedule(timeoutMs, () => reject(late()), true)
  try {
    return await unlessAborted(Promise.race([work(), tooLate]), abortSignal, aborted)
  } finally {
    timer?.cancel()
  }
}
