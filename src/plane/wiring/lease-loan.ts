import type { Clock } from '../../clock.ts'
import { ModelspineError } from '../../errors.ts'
import { momentOf, remainingMs } from '../../reconcile/lease-life.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import type { Lease, StateStore } from '../../store/contract.ts'

/** The part of a lease's life that is counted on, because clocks differ and answers take time. */
const countedOn = 0.9

/** The lease for one run, for a caller with its own schedule. */
export interface LeaseLoan {
  lease(): HeldLease | undefined
  /**
   * Renews the lease between two looks. Does nothing while more than half of it is left. Throws `lease-held`
   * when it was lost.
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
  return {
    lease: () => (leftMs() > 0 ? { ...lease, remainingMs: leftMs } : undefined),
    async renew() {
      if (leftMs() > leaseMs / 2) return
      const renewedAt = momentOf(clock)
      const renewed = await store.renewLease(lease, leaseMs)
      if (renewed === null) throw heldElsewhere()
      lease = renewed
      askedAt = renewedAt
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
