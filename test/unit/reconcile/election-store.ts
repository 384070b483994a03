import type { Clock } from '../../../src/clock.ts'
import { ModelspineError } from '../../../src/errors.ts'
import type { Lease, StateStore } from '../../../src/store/contract.ts'
import { extendLease, freeLease, grantLease } from '../../../src/store/lease-rules.ts'

type Fault = 'no' | 'down' | 'hang'

export interface ElectionStore extends Pick<StateStore, 'acquireLease' | 'renewLease' | 'releaseLease'> {
  /** `hang`: calls are carried out, and their answers come when the fault is over. */
  fail(fault: Fault): void
  /** Every call with its time in seconds, by the monotonic clock. */
  readonly calls: string[]
  readonly state: { last: Lease | null }
}

/** The connection of one process to a store of leases. With `shared`, it shares that connection's leases. */
export function leases(clock: Clock, shared?: ElectionStore): ElectionStore {
  const state = shared?.state ?? { last: null }
  const calls: string[] = []
  let fault: Fault = 'no'
  let held: (() => void)[] = []

  const call = async <T>(name: string, run: () => T): Promise<T> => {
    const at = `${name} at ${clock.monotonic() / 1000}`
    if (fault === 'down') {
      calls.push(`${at} failed`)
      throw new ModelspineError('store-unavailable', 'the store is down')
    }
    const answer = run()
    calls.push(answer === null ? `${at} refused` : at)
    if (fault === 'hang') await new Promise<void>((resolve) => held.push(resolve))
    return answer
  }

  return {
    calls,
    state,
    fail(next) {
      fault = next
      if (next === 'hang') return
      for (const answer of held.splice(0)) answer()
      held = []
    },
    acquireLease: (name, holder, ttlMs) =>
      call('acquire', () => {
        const newestFence = state.last?.fence ?? 0
        const granted = grantLease(
          state.last,
          { name, holder, ttlMs, store: 'test', newestFence },
          clock.now(),
        )
        state.last = granted ?? state.last
        return granted
      }),
    renewLease: (lease, ttlMs) =>
      call('renew', () => {
        const extended = extendLease(state.last, lease, ttlMs, clock.now())
        state.last = extended ?? state.last
        return extended
      }),
    releaseLease: (lease) =>
      call('release', () => {
        state.last = freeLease(state.last, lease) ?? state.last
      }),
  }
}
