import type { Clock, Timer } from '../../../clock.ts'
import { messageOf } from '../../../errors.ts'
import type { AuditLog } from '../../../security/contract.ts'
import type { Fence, StateStore } from '../../../store/contract.ts'
import type { Logger } from '../../../telemetry/logger.ts'
import { createAuditCarrier } from './audit-carrier.ts'
import type { AuditEnd } from './audit-end.ts'

const firstRetryMs = 100
const longestRetryMs = 30_000
/** How long `fault` shows that entries were recorded without their details. */
const omissionShownMs = 3_600_000

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
  /** Waits until no run is under way. */
  rest(): Promise<void>
  stop(): void
  /**
   * The error that hinders the pump now. Or, for an hour, that the log refused entries and has stand-ins for
   * them.
   */
  readonly fault: unknown
}

export interface AuditPumpOptions {
  readonly store: StateStore
  readonly audit: AuditLog
  readonly end: AuditEnd
  readonly clock: Clock
  readonly logger: Logger
  /**
   * The fence of the lease. Each audit chain has one writer, so the pump carries nothing without the lease.
   */
  fence(): Fence | undefined
}

export function createAuditPump({ store, audit, end, clock, logger, fence }: AuditPumpOptions): AuditPump {
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let retry: Timer | undefined
  let retryMs = firstRetryMs
  let fault: unknown
  let omission: { readonly error: unknown; readonly atMs: number } | undefined

  const carry = createAuditCarrier({
    store,
    audit,
    end,
    logger,
    fence: () => (stopped ? undefined : fence()),
    omitted(error) {
      omission = { error, atMs: clock.monotonic() }
    },
  })
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
    async rest() {
      while (running !== undefined) await running.catch(() => {})
    },
    stop() {
      stopped = true
      retry?.cancel()
    },
    get fault() {
      const shown = omission !== undefined && clock.monotonic() - omission.atMs < omissionShownMs
      return fault ?? (shown ? omission?.error : undefined)
    },
  }
}
