import { revisionFor } from '../machine/fixtures.ts'
import type { Action } from './scripts.ts'
import type { World } from './world.ts'

/** Plays one action in a world. */
export async function play(world: World, action: Action): Promise<void> {
  switch (action.do) {
    case 'look':
      for (const interruption of action.interruptions) {
        const afterMs = await world.look(interruption)
        if (afterMs !== 0) await world.pass(Math.max(Math.min(afterMs ?? 0, 30_000), action.paceMs))
      }
      return
    case 'desire':
      world.version = action.version
      return
    case 'strategy':
      return world.declare({ ...world.spec, strategy: action.strategy })
    case 'scale':
      return world.declare({ ...world.spec, scale: action.scale })
    case 'refer':
      return world.declare({
        ...world.spec,
        model: { registry: 'memory', name: 'churn', alias: action.alias },
      })
    case 'retarget':
      return world.declare({
        ...world.spec,
        target: { name: world.spec.target.name === 'prod' ? 'spare' : 'prod', settings: {} },
      })
    case 'delete':
      return world.isGone ? world.declare(world.spec) : world.delete()
    case 'command':
      await world.person(action.command)
      return
    case 'health': {
      const { vendor } = world.target
      const copy = vendor.copies[action.place]
      if (copy === undefined || copy.goneAtMs !== undefined) return
      if (action.health === 'gone') vendor.copies = vendor.copies.filter((each) => each !== copy)
      else if (copy.health !== 'starting') copy.health = action.health
      return
    }
    case 'leave': {
      const { vendor } = world.target
      const revision = revisionFor(action.version, world.spec)
      // With random names, the target could not show the leftover.
      const taken = vendor.copies.some((copy) => copy.revision.name === revision.name)
      if (!taken && vendor.capabilities.names !== 'random') vendor.leave(revision, world.spec.scale)
      return
    }
    case 'fault':
      world.target.fault = action.fault
      return
    case 'away':
      if (action.what === 'target') world.target.away = !world.target.away
      else world.registryAway = !world.registryAway
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
