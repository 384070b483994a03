import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import { loopActor } from '../../rollout/machine/moves/rollback.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { type PlaneEmitter, type PlaneEvents, tell } from '../events.ts'
import type { CommitListener } from './stored/commit-listeners.ts'

/** Tells the listeners of `plane.on`. */
export interface Announcer extends CommitListener {
  say<Name extends keyof PlaneEvents>(name: Name, ...told: Parameters<PlaneEvents[Name]>): void
}

export interface AnnouncerOptions {
  readonly emitter: PlaneEmitter
  readonly clock: Clock
  readonly logger: Logger
}

export function createAnnouncer({ emitter, clock, logger }: AnnouncerOptions): Announcer {
  const say: Announcer['say'] = (name, ...told) =>
    tell(emitter, name, told, (error) =>
      logger.error({ event: name, error: messageOf(error) }, 'a listener failed'),
    )
  return {
    say,
    committed({ kind, key, generation }, { facts }) {
      for (const { action, details, actor = loopActor } of facts) {
        const event = { action, kind, key, generation, atMs: clock.now(), actor, details }
        say(action, event)
        say('event', event)
      }
    },
  }
}
