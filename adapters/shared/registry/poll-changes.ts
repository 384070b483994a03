import type { Clock, Timer } from 'modelspine/adapter'

/** Looks for changes at a vendor that does not tell of them. */
export interface ChangePoller {
  /** Asks for a bounded number of pages, and tells which models differ from what an earlier look saw. */
  look(abortSignal: AbortSignal): Promise<void>
}

/** Looks at once and then every `pollMs`, jittered by a fifth, until aborted. A look that failed is made up by the next. */
export function pollChanges(
  poller: ChangePoller,
  { clock, pollMs }: { readonly clock: Clock; readonly pollMs: number },
  abortSignal: AbortSignal,
): void {
  let timer: Timer | undefined
  const look = async (): Promise<void> => {
    if (abortSignal.aborted) return
    await poller.look(abortSignal).catch(() => {})
    timer = clock.schedule(pollMs * (0.8 + 0.4 * clock.random()), () => void look())
    if (abortSignal.aborted) timer.cancel()
  }
  abortSignal.addEventListener('abort', () => timer?.cancel(), { once: true })
  void look()
}
