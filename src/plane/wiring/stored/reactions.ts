/** What parts of the plane do when they hear of a commit. */

import type { Clock } from '../../../clock.ts'
import { loopActor } from '../../../rollout/machine/moves/rollback.ts'
import type { ControlTelemetry } from '../../../telemetry/control-telemetry.ts'
import type { Say } from '../../events.ts'
import type { AuditPump } from '../audit/audit-pump.ts'
import type { LeaderWork } from '../leader-work.ts'
import type { RunMemory } from '../run-memory.ts'
import type { CommitListener } from './commit-listeners.ts'

/** Tells the listeners of `plane.on` what this process has committed. */
export function announces(say: Say, clock: Clock): CommitListener {
  return {
    committed({ kind, key, generation }, { facts }) {
      for (const { action, details, actor = loopActor } of facts) {
        const event = { action, kind, key, generation, atMs: clock.now(), actor, details }
        say(action, event)
        say('event', event)
      }
    },
  }
}

/** Lets the loop look at a deployment that somebody else has changed. */
export function wakesLoop(work: Pick<LeaderWork, 'nudge'>, memory: RunMemory): CommitListener {
  let isLoaded = false
  return {
    committed({ kind, key }, { by }) {
      if (kind === 'ModelDeployment' && by === 'person') work.nudge(key)
    },
    // A process that begins to lead looks at all deployments by itself.
    loaded() {
      isLoaded = true
    },
    seen({ kind, key, version }) {
      if (isLoaded && kind === 'ModelDeployment' && !memory.wrote(key, version)) work.nudge(key)
    },
  }
}

/**
 * Lets the pump carry on the events of a commit. Another process may have committed some, and only the holder
 * of the audit's lease carries events on.
 */
export function nudgesPump(pump: Pick<AuditPump, 'nudge'>, memory: RunMemory): CommitListener {
  let due = false
  const nudge = (): void => {
    due = false
    pump.nudge()
  }
  return {
    committed(_stored, { facts }) {
      if (facts.length > 0) nudge()
    },
    seen({ key, version }) {
      due ||= !memory.wrote(key, version)
    },
    gone() {
      due = true
    },
    nothingNew() {
      due = true
    },
    settled() {
      if (due) nudge()
    },
  }
}

/** Counts the deployments in each phase. */
export function countsPhases(telemetry: Pick<ControlTelemetry, 'phaseSeen'>): CommitListener {
  return {
    seen(stored) {
      if (stored.kind !== 'ModelDeployment') return
      telemetry.phaseSeen(stored.key, stored.status?.rollout.phase ?? 'unseen')
    },
    gone(kind, key) {
      if (kind === 'ModelDeployment') telemetry.phaseSeen(key, undefined)
    },
  }
}
