import { type Clock, sleep } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { Queue } from '../../reconcile/queue.ts'
import type { Key } from '../../resources/metadata.ts'
import type { ControlContext } from '../control-context.ts'

const firstRetryMs = 1000
const longestRetryMs = 60_000

export interface HintContext extends Pick<ControlContext, 'clock' | 'logger' | 'targets' | 'registries'> {
  /** The deployments that a change of this model may concern. */
  usersOf(registry: string, model: string): Iterable<Key>
}

/**
 * Lets the hints of targets and registries bring looks forward, until aborted. Without hints the looks come
 * later, at their own times.
 */
export function followHints(context: HintContext, queue: Queue<Key>, abortSignal: AbortSignal): void {
  for (const [name, target] of Object.entries(context.targets)) {
    if (target.changes === undefined) continue
    const hints = (): AsyncIterable<Key> | readonly Key[] => target.changes?.(abortSignal) ?? []
    void follow(`target ${name}`, hints, (key) => queue.add(key), context, abortSignal)
  }
  for (const [name, registry] of Object.entries(context.registries)) {
    if (registry.changes === undefined) continue
    const look = (model: string): void => {
      for (const key of context.usersOf(name, model)) queue.add(key)
    }
    void follow(`registry ${name}`, () => registry.changes?.(abortSignal) ?? [], look, context, abortSignal)
  }
}

/** Asks a source of hints again when it fails or ends. The wait doubles while the source gives no hint. */
async function follow<Hint>(
  what: string,
  hints: () => AsyncIterable<Hint> | readonly Hint[],
  take: (hint: Hint) => void | Promise<void>,
  { clock, logger }: { readonly clock: Clock; readonly logger: ControlContext['logger'] },
  abortSignal: AbortSignal,
): Promise<void> {
  let waitMs = firstRetryMs
  while (!abortSignal.aborted) {
    try {
      for await (const hint of hints()) {
        waitMs = firstRetryMs
        await take(hint)
      }
    } catch (error) {
      if (abortSignal.aborted) return
      logger.warn(
        { error: messageOf(error) },
        `${what} failed to give hints of changes; it is asked again in ${waitMs} ms`,
      )
    }
    await sleep(clock, waitMs, abortSignal).catch(() => {})
    waitMs = Math.min(longestRetryMs, waitMs * 2)
  }
}
