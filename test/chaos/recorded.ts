import type { DeploymentStatus, Key } from 'modelspine'
import type { AuditEntry, Clock, DeploymentTarget, Lease, StateStore, StoredObject } from 'modelspine/adapter'

/** One effect, as the target was asked for it. */
export interface SentEffect {
  readonly target: string
  readonly kind: 'apply' | 'destroy'
  readonly key: Key
  readonly fence: number
  readonly atMs: number
  /** The fence of the lease that the store had granted and that had not ended. Absent when there was none. */
  readonly inForce: number | undefined
}

/** What really happened, seen below every disturbance. */
export interface Recording {
  readonly effects: readonly SentEffect[]
  /** Every event that was committed with a change. */
  readonly events: readonly AuditEntry[]
  store(inner: StateStore): StateStore
  target(name: string, inner: DeploymentTarget): DeploymentTarget
  /** Called at each committed status. */
  onStatus(listener: (stored: StoredObject, status: DeploymentStatus) => void): void
}

/** Under this lease a plane sends effects. It does its other work under leases of their own. */
const workLease = 'modelspine'

export function createRecording(clock: Clock): Recording {
  const effects: SentEffect[] = []
  const events: AuditEntry[] = []
  const listeners: ((stored: StoredObject, status: DeploymentStatus) => void)[] = []
  let lease: Lease | undefined

  const granted = (answer: Lease | null): Lease | null => {
    if (answer?.name === workLease) lease = answer
    return answer
  }
  const sent = (target: string, kind: SentEffect['kind'], key: Key, fence: number): void => {
    const atMs = clock.now()
    const inForce = lease !== undefined && lease.expiresAtMs > atMs ? lease.fence : undefined
    effects.push({ target, kind, key, fence, atMs, inForce })
  }

  return {
    effects,
    events,
    store: (inner) => ({
      ...inner,
      async putSpec(resource, options) {
        let made: readonly AuditEntry[] = []
        const stored = await inner.putSpec(resource, {
          ...options,
          events: (next) => {
            made = options.events(next)
            return made
          },
        })
        events.push(...made)
        return stored
      },
      async putStatus(kind, key, status, options) {
        const stored = await inner.putStatus(kind, key, status, options)
        events.push(...options.events)
        if (stored !== null && kind === 'ModelDeployment') {
          for (const listener of listeners) listener(stored, status as DeploymentStatus)
        }
        return stored
      },
      async delete(kind, key, options) {
        let made: readonly AuditEntry[] = []
        const stored = await inner.delete(kind, key, {
          ...options,
          events: (marked) => {
            made = options.events(marked)
            return made
          },
        })
        events.push(...made)
        return stored
      },
      acquireLease: async (...told) => granted(await inner.acquireLease(...told)),
      renewLease: async (...told) => granted(await inner.renewLease(...told)),
      async releaseLease(given) {
        await inner.releaseLease(given)
        if (lease?.fence === given.fence) lease = undefined
      },
    }),
    target: (name, inner) => ({
      ...inner,
      async apply(key, want, options) {
        sent(name, 'apply', key, options.fence)
        return inner.apply(key, want, options)
      },
      async destroy(key, options) {
        sent(name, 'destroy', key, options.fence)
        return inner.destroy(key, options)
      },
    }),
    onStatus: (listener) => void listeners.push(listener),
  }
}
