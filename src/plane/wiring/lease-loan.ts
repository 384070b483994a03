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
}

export interface LoanOptions {
  readonly store: Pick<StateStore, 'acquireLease' | 'renewLease' | 'releaseLease'>
  readonly clock: Clock
  readonly logger: Logger
  /** The lease's name. */
  readonly name: string
  /** The name of this process. */
  readonly holder: string
  readonly leaseMs: number
}

/**
 * Does some work under a lease that is renewed meanwhile and given back afterwards. `over` fires when the lease
 * has ended before. A lease that cannot be given back expires by itself, and is no fault of the work. Throws
 * `lease-held` when another process holds the lease.
 */
export async function withLoan<Answer>(
  options: LoanOptions,
  work: (loan: LeaseLoan, over: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const { logger, name } = options
  const { giveBack, ...loan } = await borrow(options)
  const over = new AbortController()
  void keep(loan, over, options)
  try {
    return await work(loan, over.signal)
  } finally {
    over.abort()
    await giveBack().catch((error: unknown) => {
      logger.warn(
        { lease: name, error: messageOf(error) },
        'the lease could not be given back; it expires by itself',
      )
    })
  }
}

async function borrow({
  store,
  clock,
  name,
  holder,
  leaseMs,
}: LoanOptions): Promise<LeaseLoan & { giveBack(): Promise<void> }> {
  let askedAt = momentOf(clock)
  const granted = await store.acquireLease(name, `${holder} once`, leaseMs)
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

/** Renews a borrowed lease while its work goes on. */
async function keep(
  loan: LeaseLoan,
  over: AbortController,
  { clock, logger, leaseMs }: LoanOptions,
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
