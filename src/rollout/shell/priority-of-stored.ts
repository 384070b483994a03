import { type Priority, priorities } from '../../reconcile/priority.ts'
import type { TypedObject } from '../../store/typed-store.ts'
import { openEffect } from '../machine/placement.ts'
import { pollPriority } from './poll.ts'

/**
 * How urgent a deployment is by what is stored, for a process that has just begun to lead: nobody tells it what
 * was asked for before. What a person asked for and nobody has begun, and what takes traffic away from a bad
 * revision, goes before rollouts under way. These go before what stands still.
 */
export function priorityOfStored({
  generation,
  deletion,
  status: known,
}: Pick<TypedObject<'ModelDeployment'>, 'generation' | 'deletion' | 'status'>): Priority {
  if (deletion !== undefined || known === undefined || known.observedGeneration !== generation) {
    return priorities.user
  }
  if (known.rollout.phase === 'rolling-back') return priorities.user
  return openEffect(known) === undefined ? pollPriority(known) : priorities.drift
}
