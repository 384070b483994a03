import type { TargetWant } from '../../../deployment-target/contract.ts'
import type { Split, SplitEntry } from '../../../resources/deployment/revision.ts'
import { heldRevision, weightOf } from '../status-edits.ts'
import type { Context } from '../transition.ts'
import type { Site } from './site.ts'

/** Percentage points by which a vendor's reported weight may be off, because vendors round ratios. */
const tolerance = 0.5

/** The whole wanted state, as the target is told it. */
export function wantOf(context: Context, { status, at, split }: Site): TargetWant {
  const known = at.revisions.map(({ revision }) => heldRevision(status, revision))
  const keep = known.filter(({ adopted }) => adopted === true).map(({ name }) => name)
  return {
    revisions: known.filter(({ adopted }) => adopted !== true),
    split: tellable(context, split),
    scale: context.declared.spec.scale,
    ...(keep.length > 0 && { keep }),
  }
}

/**
 * The split without a raise of a revision that is not ready. A target takes revisions and split in one call,
 * so a call for something else must not carry a raise that a shift would wait with. What is left goes to the
 * ready revisions, else to those that are about to be created.
 */
function tellable(context: Context, split: Split): Split {
  const { declared, observed } = context
  if (declared.capabilities.split === 'none') return split
  const seen = (name: string) => observed.revisions.find(({ revision }) => revision === name)
  const raises = ({ revision, weight }: SplitEntry): boolean => {
    const known = seen(revision)
    return known !== undefined && known.state !== 'ready' && weight > (known.weight ?? 0) + tolerance
  }
  if (!split.some(raises)) return split
  const lowered = split.map((entry) =>
    raises(entry) ? { ...entry, weight: seen(entry.revision)?.weight ?? 0 } : entry,
  )
  const left = 100 - lowered.reduce((sum, { weight }) => sum + weight, 0)
  const heir =
    lowered.find(({ revision }) => seen(revision)?.state === 'ready') ??
    lowered.find(({ revision }) => seen(revision) === undefined)
  if (heir === undefined) return split
  return lowered
    .map((entry) => (entry === heir ? { ...entry, weight: entry.weight + left } : entry))
    .filter(({ weight }) => weight > 0)
}

/** Whether the target shows the split. Always true when the plane's own router splits. */
export function splitIsObserved(
  { declared, observed }: Pick<Context, 'declared' | 'observed'>,
  split: Split,
): boolean {
  if (declared.capabilities.split === 'none') return true
  return observed.revisions.every(
    ({ revision, weight }) => Math.abs((weight ?? 0) - weightOf(split, revision)) <= tolerance,
  )
}

/**
 * Whether sending the split would raise the weight of a revision that is not ready. The revision was ready
 * when the split was decided, but the target did not take the split then.
 */
export function raisesUnready({ observed }: Context, split: Split): boolean {
  return observed.revisions.some(
    ({ revision, state, weight }) =>
      state !== 'ready' && weightOf(split, revision) > (weight ?? 0) + tolerance,
  )
}

/**
 * Whether every revision that reports a scale has the declared scale. Where the target tells no scale at all,
 * the scale that it accepted last counts.
 */
export function scaleIsObserved(
  { declared, observed }: Context,
  { status, at }: Omit<Site, 'split'>,
): boolean {
  if (declared.capabilities.scale === 'none') return true
  const { min, max } = declared.spec.scale
  // The target leaves adopted revisions at their scale.
  const isAdopted = (name: string): boolean =>
    at.revisions.some(({ revision }) => revision === name && heldRevision(status, name).adopted === true)
  const running = observed.revisions.filter(
    ({ state, revision }) => state !== 'stopping' && !isAdopted(revision),
  )
  const told = running.flatMap(({ scale }) => (scale === undefined ? [] : [scale]))
  const accepted = running.some(({ state }) => state === 'ready') ? [at.scale] : []
  const known = told.length > 0 ? told : accepted
  return known.every((scale) => scale?.min === min && scale.max === max)
}

/** Whether revisions run at a scale that the target does not tell. */
export function scaleIsUnconfirmed({ observed, declared }: Context): boolean {
  if (declared.capabilities.scale === 'none') return false
  const ready = observed.revisions.filter(({ state }) => state === 'ready')
  return ready.length > 0 && ready.every(({ scale }) => scale === undefined)
}
