import type { Clock } from '../../../clock.ts'
import { isModelspineError, messageOf } from '../../../errors.ts'
import { createLeaderElection } from '../../../reconcile/leader-election.ts'
import type { HeldLease } from '../../../reconcile/lease-term.ts'
import { withinMs } from '../../../reconcile/within-ms.ts'
import type { Actor } from '../../../resources/metadata.ts'
import type { AuditHead, AuditLog } from '../../../security/contract.ts'
import type { Fence, StateStore } from '../../../store/contract.ts'
import type { Logger } from '../../../telemetry/logger.ts'
import { type LeaseLoan, withLoan } from '../lease-loan.ts'
import { createAuditEnd } from './audit-end.ts'
import { continueAfterLoss, verifyWithEnd } from './audit-loss.ts'
import { createAuditPump } from './audit-pump.ts'

/**
 * The name of its lease. It is not the lease of the loop, so that another process may write the audit log, and
 * later one for each shard of the outbox.
 */
export const auditLeaseName = 'modelspine-audit'

/** How long an append may go on after the lease was lost or the plane was stopped, in milliseconds. */
const graceMs = 1000

export interface AuditWorkOptions {
  readonly store: StateStore
  readonly audit: AuditLog
  readonly clock: Clock
  readonly logger: Logger
  readonly holder: string
  readonly leaseMs: number
}

/** Writes the audit log while this process holds the lease for that. */
export interface AuditWork {
  /** Carries events soon, if this process holds the lease. This is cheap, so it may be called at every commit. */
  nudge(): void
  /** The error that hinders the pump now. See `AuditPump.fault`. */
  readonly fault: unknown
  start(): void
  /**
   * Carries all events that wait. Borrows the lease when nobody holds it. When another process holds it, that
   * process carries them. Never rejects.
   */
  once(): Promise<void>
  /** As `AuditLog.verify`, and against the head that the plane knows. */
  verify: AuditLog['verify']
  /** See `ControlPlane.continueAudit`. */
  continueAfterLoss(actor: Actor): Promise<AuditHead>
  /** Gives the lease back. Waits for an append that is under way, for `limitMs` at most. */
  stop(limitMs: number): Promise<void>
}

export function createAuditWork(options: AuditWorkOptions): AuditWork {
  const { store, audit, clock, logger, holder, leaseMs } = options
  const end = createAuditEnd(options)
  let loan: LeaseLoan | undefined
  const held = (): HeldLease | undefined => election.lease() ?? loan?.lease()
  const fence = (): Fence | undefined => {
    const lease = held()
    return lease && { lease: lease.name, fence: lease.fence }
  }
  const pump = createAuditPump({ ...options, end, fence })
  const election = createLeaderElection({
    store,
    name: auditLeaseName,
    holder,
    ttlMs: leaseMs,
    retryEveryMs: Math.min(2000, leaseMs / 4),
    graceMs,
    clock,
    logger,
    async onGained(_lease, abortSignal) {
      pump.nudge()
      await new Promise((resolve) => abortSignal.addEventListener('abort', resolve, { once: true }))
      await pump.rest()
    },
  })

  /** Does some work under the lease, which it borrows when nobody has it. Throws `lease-held`. */
  const underLease = <Answer>(work: () => Promise<Answer>): Promise<Answer> =>
    held() !== undefined
      ? work()
      : withLoan({ store, clock, logger, name: auditLeaseName, holder, leaseMs }, async (mine) => {
          loan = mine
          try {
            return await work()
          } finally {
            loan = undefined
          }
        })

  return {
    nudge: pump.nudge,
    get fault() {
      return pump.fault
    },
    start: election.start,
    async once() {
      try {
        await underLease(pump.drain)
      } catch (error) {
        if (isModelspineError(error, 'lease-held')) return
        logger.error({ error: messageOf(error) }, 'audit events wait in the store')
      }
    },
    verify: (asked) => verifyWithEnd(audit, end, asked),
    continueAfterLoss: (actor) =>
      underLease(async () => {
        await pump.rest()
        return continueAfterLoss({ audit, end, clock, actor, fence })
      }),
    async stop(limitMs) {
      pump.stop()
      const released = election.stop({ graceMs: Math.min(graceMs, limitMs / 2) })
      await withinMs(clock, limitMs, released)
    },
  }
}
