import type { TargetCapabilities } from './contract.ts'

/**
 * Whether the router knows which revision gave a reply, so that its own measurements are true for each revision.
 * Where the target splits behind one address, only the reply names the revision, and no provider passes that on.
 */
export function tellsRevision({
  attribution,
  split,
}: Pick<TargetCapabilities, 'attribution' | 'split'>): boolean {
  return attribution === 'address' || (attribution === 'reply' && split === 'none')
}
