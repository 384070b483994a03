/** The answer, or `aborted` as soon as the signal fires. What is waited for goes on for others. */
export function unlessAborted<Answer>(
  answer: Promise<Answer>,
  abortSignal: AbortSignal | undefined,
  aborted: (reason: unknown) => Error,
): Promise<Answer> {
  if (abortSignal === undefined) return answer
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(aborted(abortSignal.reason))
    if (abortSignal.aborted) return onAbort()
    abortSignal.addEventListener('abort', onAbort, { once: true })
    const over = (): void => abortSignal.removeEventListener('abort', onAbort)
    answer.then(
      (given) => {
        over()
        resolve(given)
      },
      (error: unknown) => {
        over()
        reject(error)
      },
    )
  })
}
