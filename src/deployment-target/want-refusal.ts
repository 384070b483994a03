import type { TargetCapabilities, TargetPlan, TargetWant } from './contract.ts'

export type TargetRefusal = Extract<TargetPlan, { kind: 'refused' }>

/**
 * The refusal of a want that is invalid or that the declared capabilities do not allow. Undefined for a
 * valid want.
 */
export function wantRefusal(want: TargetWant, capabilities: TargetCapabilities): TargetRefusal | undefined {
  return (
    revisionsRefusal(want, capabilities) ??
    splitRefusal(want, capabilities) ??
    scaleRefusal(want, capabilities)
  )
}

function revisionsRefusal(want: TargetWant, { maxRevisions }: TargetCapabilities): TargetRefusal | undefined {
  const names = namesIn(want)
  if (names.length === 0) {
    return refused('NothingWanted', 'the want has no revisions: call destroy to remove everything')
  }
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined) {
    return refused(
      'DuplicateRevision',
      `revision ${twice} is wanted twice: name it once, in revisions or keep`,
    )
  }
  if (names.length > maxRevisions) {
    return refused(
      'TooManyRevisions',
      `${names.length} revisions are wanted side by side, but this target holds at most ${maxRevisions}`,
    )
  }
  return undefined
}

/** Kept revisions take room and get traffic as the others do. */
function namesIn({ revisions, keep = [] }: TargetWant): readonly string[] {
  return [...revisions.map((each) => each.name), ...keep]
}

function splitRefusal(want: TargetWant, capabilities: TargetCapabilities): TargetRefusal | undefined {
  const { split } = want
  if (capabilities.split === 'none' || split.length === 0) return undefined
  const names = namesIn(want)
  const stranger = split.find((each) => !names.includes(each.revision))
  if (stranger !== undefined) {
    return refused(
      'UnknownRevisionInSplit',
      `the split names revision ${stranger.revision}, which is not wanted`,
    )
  }
  const newest = [...(want.keep ?? []), ...want.revisions.map((each) => each.name)].slice(-2)
  const older = split.find((each) => !newest.includes(each.revision))
  if (capabilities.traffic === 'latest-and-previous' && older !== undefined) {
    return refused(
      'OlderRevisionInSplit',
      `the split names revision ${older.revision}, but this target gives traffic only to the newest revision and the one before it`,
    )
  }
  const sum = split.reduce((total, each) => total + each.weight, 0)
  if (Math.abs(sum - 100) > 1e-6) {
    return refused(
      'SplitNotWhole',
      `the weights of the split add up to ${sum} percent, but must add up to 100`,
    )
  }
  const fraction = split.find((each) => !Number.isInteger(each.weight))
  if (capabilities.split === 'percent' && fraction !== undefined) {
    return refused(
      'FractionalSplit',
      `the weight of revision ${fraction.revision} is ${fraction.weight} percent, but this target takes only whole percents`,
    )
  }
  return undefined
}

function scaleRefusal(
  { scale }: TargetWant,
  { scaleToZero, scale: scaling }: TargetCapabilities,
): TargetRefusal | undefined {
  const { min, max } = scale
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 0 || max < 1 || min > max) {
    return refused(
      'InvalidScale',
      `scale is ${min} to ${max}: give whole numbers, with min at least 0, and max at least 1 and at least min`,
    )
  }
  if (min === 0 && !scaleToZero) {
    return refused(
      'ScaleToZeroUnsupported',
      'scale.min is 0, but this target cannot scale to zero: give 1 or more',
    )
  }
  if (scaling === 'none' && (min !== 1 || max !== 1)) {
    return refused(
      'ScaleUnsupported',
      `scale is ${min} to ${max}, but what runs at this target is scaled by somebody else: leave scale out`,
    )
  }
  return undefined
}

function refused(reason: string, message: string): TargetRefusal {
  return { kind: 'refused', reason, message }
}
