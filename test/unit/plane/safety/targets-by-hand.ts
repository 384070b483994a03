import { type MemoryWorld, stateOf } from '../../../../src/deployment-target/memory-world.ts'
import type { Key } from '../../../../src/resources/metadata.ts'

/** Removes a revision as somebody with the vendor's own console would. */
export function dropByHand(world: MemoryWorld, revision: string, key: Key = 'default/digits'): void {
  const held = stateOf(world).deployments.get(key)
  held?.revisions.delete(revision)
  if (held !== undefined) delete held.seen
}
