import type { Revision } from '../resources/deployment/revision.ts'
import type { ObservedRevision, ObservedTarget, TargetCapabilities, TargetWant } from './contract.ts'

/** One mutation, or one thing to wait for. */
export type TargetStep =
  | { readonly kind: 'create'; readonly revision: Revision }
  | { readonly kind: 'remove'; readonly revision: string }
  | { readonly kind: 'split' }
  | { readonly kind: 'scale'; readonly revision: string }
  /** Wait for a revision that is being removed, because its name or its room is needed. */
  | { readonly kind: 'wait'; readonly revision: string }

/**
 * The steps from the observed state to the wanted one, in a safe order: first create new revisions, then
 * change traffic and scale, then remove revisions that are no longer wanted. A removal comes earlier only
 * when there is no room for a new revision. What the want keeps gets no step of its own. For targets whose
 * vendor treats revisions one by one. Empty when everything wanted is there or on its way.
 */
export function targetSteps(
  want: TargetWant,
  observed: ObservedTarget,
  capabilities: Pick<TargetCapabilities, 'maxRevisions' | 'split'>,
): readonly TargetStep[] {
  const there = new Map(observed.revisions.map((each) => [each.revision, each]))
  const wanted = new Set(want.revisions.map((each) => each.name))
  const kept = new Set(want.keep)
  const missing = want.revisions.filter((each) => !there.has(each.name))
  const leaving = observed.revisions.filter((each) => each.state === 'stopping')
  const removes = observed.revisions
    .filter(({ revision, state }) => !wanted.has(revision) && !kept.has(revision) && state !== 'stopping')
    .map((each): TargetStep => ({ kind: 'remove', revision: each.revision }))
  const lacking = Math.max(0, missing.length - (capabilities.maxRevisions - there.size))
  const waits = leaving
    .filter((each) => wanted.has(each.revision) || lacking > 0)
    .map((each): TargetStep => ({ kind: 'wait', revision: each.revision }))
  const removedFirst = Math.max(0, lacking - leaving.length)
  return [
    ...removes.slice(0, removedFirst),
    ...waits,
    ...missing.map((revision): TargetStep => ({ kind: 'create', revision })),
    ...(capabilities.split !== 'none' && splitDiffers(want, there) ? [{ kind: 'split' } as const] : []),
    ...observed.revisions
      .filter((each) => wanted.has(each.revision) && scaleDiffers(want, each))
      .map((each): TargetStep => ({ kind: 'scale', revision: each.revision })),
    ...removes.slice(removedFirst),
  ]
}

/** A text for people, as `plan` lists it. */
export function describeTargetStep(step: TargetStep): string {
  switch (step.kind) {
    case 'create':
      return `create revision ${step.revision.name} (${step.revision.model.name} ${step.revision.model.version})`
    case 'remove':
      return `remove revision ${step.revision}`
    case 'split':
      return 'set the split'
    case 'scale':
      return `scale revision ${step.revision}`
    case 'wait':
      return `wait until revision ${step.revision} is gone`
  }
}

function splitDiffers(want: TargetWant, there: ReadonlyMap<string, ObservedRevision>): boolean {
  if (want.split.length === 0) return false
  // A kept revision that is gone cannot be made again, so its weight would be set without end.
  const isGone = (revision: string): boolean => want.keep?.includes(revision) === true && !there.has(revision)
  const possible = want.split.filter((each) => !isGone(each.revision))
  const wanted = new Map(possible.map((each) => [each.revision, each.weight]))
  const names = new Set([...wanted.keys(), ...there.keys()])
  // Vendors that count in ratios return a weight that may differ from the sent one by rounding.
  return [...names].some((name) => Math.abs((wanted.get(name) ?? 0) - (there.get(name)?.weight ?? 0)) > 1e-6)
}

function scaleDiffers(want: TargetWant, { scale, state }: ObservedRevision): boolean {
  if (scale === undefined || state === 'stopping') return false
  return scale.min !== want.scale.min || scale.max !== want.scale.max
}
