import { EventEmitter } from 'eventemitter3'
import { messageOf } from '../errors.ts'
import type { Actor, Key } from '../resources/metadata.ts'
import type { RolloutAction } from '../rollout/machine/machine-types.ts'
import type { Kind } from '../store/contract.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Orphan, PlaneFault } from './health.ts'

/** Something that happened to a resource. The audit log holds the same facts, committed with the change. */
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

/** Each name has its own listener type. Listeners of `event` hear all events of resources. */
export type PlaneEvents = {
  readonly [Action in PlaneAction]: (event: PlaneEvent) => void
} & {
  readonly event: (event: PlaneEvent) => void
  readonly 'lease-gained': () => void
  readonly 'lease-lost': () => void
  /** A target lists a key that no deployment has there. Told once, by the process that leads. */
  readonly 'orphan-found': (orphan: Orphan) => void
  /** A part began to hinder the plane; `health` lists it from now on. */
  readonly 'part-failing': (fault: PlaneFault) => void
  /** The part hinders the plane no more. The fault is the one that has ended. */
  readonly 'part-recovered': (fault: PlaneFault) => void
}

export type PlaneEmitter = EventEmitter<PlaneEvents>

export function createEmitter(): PlaneEmitter {
  return new EventEmitter<PlaneEvents>()
}

/** Calls the listeners of one name. */
export type Say = <Name extends keyof PlaneEvents>(name: Name, ...told: Parameters<PlaneEvents[Name]>) => void

/** When a listener throws, or its promise rejects, that is logged, and the other listeners are still called. */
export function sayTo(emitter: PlaneEmitter, logger: Logger): Say {
  return (name, ...told) => {
    const failed = (error: unknown): void =>
      logger.error({ event: name, error: messageOf(error) }, 'a listener failed')
    for (const listener of emitter.listeners(name)) {
      try {
        const answer: unknown = (listener as (...told: unknown[]) => unknown)(...told)
        if (answer instanceof Promise) answer.catch(failed)
      } catch (error) {
        failed(error)
      }
    }
  }
}
