import { type Clock, sleep, type Timer } from '../../clock.ts'
import { isModelspineError, ModelspineError, messageOf } from '../../errors.ts'
import { momentOf, remainingMs } from '../../reconcile/lease-life.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import type { Lease, StateStore } from '../../store/contract.ts'
import type { Logger } from '../../telemetry/logger.ts'

/** The part of a lease's life that is counted on, because clocks differ and answers take time. */
const countedOn = 0.9

/** The lease for one run, for a caller with its own schedule. */
export interface LeaseLoan {
  lease(): HeldLease | undefined
  /**
   * Renews the lease. Does nothing while more than half of it is left. Throws `lease-held` when it was lost.
   */
  renew(): Promise<void>
  giveBack(): Promise<void>
}

/** Throws `lease-held` when another process holds the lease. */
export async function borrowLease(
  store: Pick<StateStore, 'acquireLease' | 'renewLease' | 'releaseLease'>,
  clock: Clock,
  { name, holder, leaseMs }: { readonly name: string; readonly holder: string; readonly leaseMs: number },
): Promise<LeaseLoan> {
  let askedAt = momentOf(clock)
  const granted = await store.acquireLease(name, holder, leaseMs)
  if (granted === null) throw heldElsewhere()
  let lease: Lease = granted
  const leftMs = (): number => remainingMs(clock, askedAt, leaseMs * countedOn)
  let renewing: Promise<void> | undefined
  const renew = async (): Promise<void> => {
    const renewedAt = momentOf(clock)
    const renewed = await store.renewLease(lease, leaseMs)
    if (renewed === null) throw heldElsewhere()
    lease = renewed
    askedAt = renewedAt
  }
  return {
    lease: () => (leftMs() > 0 ? { ...lease, remainingMs: leftMs } : undefined),
    async renew() {
      if (leftMs() > leaseMs / 2) return
      renewing ??= renew().finally(() => {
        renewing = undefined
      })
      await renewing
    },
    giveBack: () => store.releaseLease(lease),
  }
}

function heldElsewhere(): ModelspineError {
  return new ModelspineError(
    'lease-held',
    'another process holds the lease; that process does the work that is due',
  )
}

export interface KeepLoanOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly leaseMs: number
  /** Is aborted when the lease has ended. Its abort ends the keeping. */
  readonly over: AbortController
}

/** Renews a borrowed lease while its work goes on. */
export async function keepLoan(
  loan: LeaseLoan,
  { clock, logger, leaseMs, over }: KeepLoanOptions,
): Promise<void> {
  const end = endOfLoan(clock, loan, over)
  while (!over.signal.aborted) {
    await sleep(clock, leaseMs / 10, over.signal).catch(() => {})
    if (over.signal.aborted) break
    await loan.renew().catch((error: unknown) => {
      if (isModelspineError(error, 'lease-held')) over.abort(error)
      else logger.warn({ error: messageOf(error) }, 'renewing the borrowed lease failed')
    })
  }
  end.cancel()
}

/** Aborts when the borrowed lease has ended, with whatever renewals it had. */
function endOfLoan(clock: Clock, loan: LeaseLoan, over: AbortController): Timer {
  let timer: Timer
  const look = (): void => {
    const leftMs = loan.lease()?.remainingMs() ?? 0
    if (leftMs > 0) timer = clock.schedule(Math.max(1, leftMs), look)
    else over.abort(new ModelspineError('aborted', 'the borrowed lease has ended'))
  }
  look()
  return { cancel: () => timer?.cancel() }
}
