import type { Revision } from '../resources/deployment/revision.ts'
import type { ObservedRevision, ObservedTarget, TargetCapabilities, TargetWant } from './contract.ts'

/** One mutation, or one thing to wait for. */
export type TargetStep =
  | { readonly kind: 'create'; readonly revision: Revision }
  | { readonly kind: 'remove'; readonly revision: string }
  | { readonly kind: 'split' }
  | { readonly kind: 'scale'; readonly revision: string }
  /** Is being removed and holds a name or a place that is needed. */
  | { readonly kind: 'wait'; readonly revision: string }

/**
 * From what is there to what is wanted, in a safe order: what is new first, then traffic and scale, then what is no
 * longer wanted; only where there is no room for what is new is something removed before. For targets whose vendor
 * treats revisions one by one. Empty when what is wanted is there or on its way.
 */
export function targetSteps(
  want: TargetWant,
  observed: ObservedTarget,
  capabilities: Pick<TargetCapabilities, 'maxRevisions' | 'split'>,
): readonly TargetStep[] {
  const there = new Map(observed.revisions.map((each) => [each.revision, each]))
  const wanted = new Set(want.revisions.map((each) => each.name))
  const missing = want.revisions.filter((each) => !there.has(each.name))
  const leaving = observed.revisions.filter((each) => each.state === 'stopping')
  const removes = observed.revisions
    .filter((each) => !wanted.has(each.revision) && each.state !== 'stopping')
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

/** For people, as `plan` lists it. */
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
  const wanted = new Map(want.split.map((each) => [each.revision, each.weight]))
  const names = new Set([...wanted.keys(), ...there.keys()])
  // Vendors that count in ratios give back what was sent only to within rounding.
  return [...names].some((name) => Math.abs((wanted.get(name) ?? 0) - (there.get(name)?.weight ?? 0)) > 1e-6)
}

function scaleDiffers(want: TargetWant, { scale, state }: ObservedRevision): boolean {
  if (scale === undefined || state === 'stopping') return false
  return scale.min !== want.scale.min || scale.max !== want.scale.max
}
