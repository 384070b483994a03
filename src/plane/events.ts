import { EventEmitter } from 'eventemitter3'
import type { Actor, Key } from '../resources/metadata.ts'
import type { RolloutAction } from '../rollout/machine/machine-types.ts'
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

/**
 * Tells the listeners of one name. One that throws, or gives a promise that rejects, is reported, and keeps nobody else
 * from hearing.
 */
export function tell<Name extends keyof PlaneEvents>(
  emitter: PlaneEmitter,
  name: Name,
  told: Parameters<PlaneEvents[Name]>,
  onThrow: (error: unknown) => void,
): void {
  for (const listener of emitter.listeners(name)) {
    try {
      const answer: unknown = (listener as (...told: unknown[]) => unknown)(...told)
      if (answer instanceof Promise) answer.catch(onThrow)
    } catch (error) {
      onThrow(error)
    }
  }
}
