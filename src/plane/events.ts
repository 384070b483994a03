import { EventEmitter } from 'eventemitter3'
import type { Actor, Key } from '../resources/metadata.ts'
import type { RolloutAction } from '../rollout/decision.ts'
import type { Kind } from '../store/contract.ts'

/** What happened to a resource. The same facts stand in the audit log, committed with the change. */
export interface PlaneEvent {
  readonly action: PlaneAction
  readonly kind: Kind
  readonly key: Key
  readonly generation: number
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly actor: Actor
  readonly details: Readonly<Record<string, unknown>>
}

export type PlaneAction =
  | RolloutAction
  | 'deployment-applied'
  | 'route-applied'
  | 'deployment-deleted'
  | 'route-deleted'

/** One listener type a name; `event` hears all of them. */
export type PlaneEvents = {
  readonly [Action in PlaneAction]: (event: PlaneEvent) => void
} & {
  readonly event: (event: PlaneEvent) => void
  readonly 'lease-gained': () => void
  readonly 'lease-lost': () => void
}

export type PlaneEmitter = EventEmitter<PlaneEvents>

export function createEmitter(): PlaneEmitter {
  return new EventEmitter<PlaneEvents>()
}

/** Tells listeners; one that throws is reported and keeps nobody else from hearing. */
export function tell(emitter: PlaneEmitter, event: PlaneEvent, onThrow: (error: unknown) => void): void {
  for (const name of [event.action, 'event'] as const) {
    for (const listener of emitter.listeners(name)) {
      try {
        ;(listener as (event: PlaneEvent) => void)(event)
      } catch (error) {
        onThrow(error)
      }
    }
  }
}
