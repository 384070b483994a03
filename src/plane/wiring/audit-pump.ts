import type { Clock, Timer } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { AuditLog } from '../../security/contract.ts'
import type { Fence, StateStore } from '../../store/contract.ts'
import type { Logger } from '../../telemetry/logger.ts'

const batch = 200
const firstRetryMs = 100
const longestRetryMs = 30_000

/**
 * Carries events from the store's outbox into the audit log: read, append, acknowledge. When the process dies
 * between the last two, the next run appends the same entries again. The log knows their ids and keeps each
 * entry once.
 */
export interface AuditPump {
  /** Starts a run soon. This is cheap, so it may be called at every commit. */
  nudge(): void
  /** Runs until the outbox is empty. Throws the errors of the store and of the log. */
  drain(): Promise<void>
  stop(): void
  /** The error that hinders the pump now, if any. */
  readonly fault: unknown
}

export interface AuditPumpOptions {
  readonly store: StateStore
  readonly audit: AuditLog
  readonly clock: Clock
  readonly logger: Logger
  /**
   * The fence of the lease. Each audit chain has one writer, so the pump carries nothing without the lease.
   */
  fence(): Fence | undefined
}

export function createAuditPump({ store, audit, clock, logger, fence }: AuditPumpOptions): AuditPump {
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let retry: Timer | undefined
  let retryMs = firstRetryMs
  let fault: unknown

  const carry = async (): Promise<void> => {
    for (;;) {
      const held = fence()
      if (held === undefined) return
      const events = await store.readEvents(batch)
      const last = events.at(-1)
      if (last === undefined) return
      await audit.append(events.map(({ entry }) => entry))
      await store.acknowledgeEvents(last.position, held)
    }
  }
  const drain = async (): Promise<void> => {
    while (running !== undefined) await running.catch(() => {})
    running = carry()
    try {
      await running
      fault = undefined
      retryMs = firstRetryMs
    } catch (error) {
      fault = error
      throw error
    } finally {
      running = undefined
    }
  }
  const run = (): void => {
    if (stopped) return
    if (running !== undefined) {
      again = true
      return
    }
    again = false
    drain().then(
      () => {
        if (again) run()
      },
      (error: unknown) => {
        logger.error(
          { error: messageOf(error) },
          'audit events could not be moved to the audit log; they wait in the store',
        )
        retry?.cancel()
        if (stopped) return
        retry = clock.schedule(retryMs, run)
        retryMs = Math.min(longestRetryMs, retryMs * 2)
      },
    )
  }
  return {
    nudge: run,
    drain,
    stop() {
      stopped = true
      retry?.cancel()
    },
    get fault() {
      return fault
    },
  }
}
