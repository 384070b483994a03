import { revisionFor } from './fixtures.ts'
import type { Action } from './scripts.ts'
import type { World } from './world.ts'

/** Plays one action in a world. */
export function play(world: World, action: Action): void {
  switch (action.do) {
    case 'reconcile':
      for (const kill of action.kills) {
        const afterMs = world.reconcile(kill)
        if (afterMs !== 0) world.now += Math.max(Math.min(afterMs ?? 0, 30_000), action.paceMs)
      }
      return
    case 'desire':
      world.version = action.version
      return
    case 'strategy':
      world.declare({ ...world.spec, strategy: action.strategy })
      return
    case 'scale':
      world.declare({ ...world.spec, scale: action.scale })
      return
    case 'retarget':
      world.declare({
        ...world.spec,
        target: { name: world.spec.target.name === 'prod' ? 'spare' : 'prod', settings: {} },
      })
      return
    case 'delete':
      if (world.deleted) {
        if (world.status === undefined) world.restart()
      } else {
        world.deleted = true
      }
      return
    case 'command':
      world.person(action.command)
      return
    case 'health': {
      const copy = world.target.copies[action.place]
      if (copy === undefined || copy.goneAtMs !== undefined) return
      if (action.health === 'gone') world.target.copies = world.target.copies.filter((each) => each !== copy)
      else if (copy.health !== 'starting') copy.health = action.health
      return
    }
    case 'leave': {
      const { target, spec, now } = world
      const revision = revisionFor(action.version, spec)
      // With random names, the target could not show the leftover.
      const taken = target.copies.some((copy) => copy.revision.name === revision.name)
      if (!taken && target.capabilities.names !== 'random') target.leave(revision, spec.scale, now)
      return
    }
    case 'instead':
      world.target.instead = action.answer
      return
    case 'permit':
      world.verdicts.set(action.version, action.verdict)
      return
    case 'measure':
      world.modes.set(action.version, action.mode)
      return
    case 'metrics-restart':
      world.metricsSinceMs = world.now
      return
  }
}
