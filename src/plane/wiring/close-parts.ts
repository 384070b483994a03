import type { Clock } from '../../clock.ts'
import { withinMs } from '../../reconcile/within-ms.ts'
import type { Logger } from '../../telemetry/logger.ts'

/**
 * Closes all parts, although some may fail, and waits up to `limitMs`. What then has not ended ends later, or
 * never. Throws the first failure.
 */
export async function closeParts(
  closables: readonly { close?(): Promise<void> }[],
  { clock, logger, limitMs }: { readonly clock: Clock; readonly logger: Logger; readonly limitMs: number },
): Promise<void> {
  const closing = [...new Set(closables)].map(async (closable) => closable.close?.())
  const ended = Promise.allSettled(closing)
  const results = await withinMs(clock, limitMs, ended)
  if (results === undefined) {
    logger.warn({ limitMs }, 'a part of the plane is still closing; the stop goes on without it')
    return
  }
  const failure = results.find((result) => result.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}
