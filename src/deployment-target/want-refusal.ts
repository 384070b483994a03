import type { TargetCapabilities, TargetPlan, TargetWant } from './contract.ts'

export type TargetRefusal = Extract<TargetPlan, { kind: 'refused' }>

/** Why a want is none, or is more than the declared capabilities allow; undefined when it is neither. */
export function wantRefusal(want: TargetWant, capabilities: TargetCapabilities): TargetRefusal | undefined {
  return (
    revisionsRefusal(want, capabilities) ??
    splitRefusal(want, capabilities) ??
    scaleRefusal(want, capabilities)
  )
}

function revisionsRefusal(
  { revisions }: TargetWant,
  { maxRevisions }: TargetCapabilities,
): TargetRefusal | undefined {
  if (revisions.length === 0) {
    return refused('NothingWanted', 'no revisions are wanted: destroy removes everything')
  }
  const names = revisions.map((each) => each.name)
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined) return refused('DuplicateRevision', `revision ${twice} is wanted twice`)
  if (revisions.length > maxRevisions) {
    return refused(
      'TooManyRevisions',
      `${revisions.length} revisions are wanted side by side, and this target holds at most ${maxRevisions}`,
    )
  }
  return undefined
}

function splitRefusal(
  { revisions, split }: TargetWant,
  capabilities: TargetCapabilities,
): TargetRefusal | undefined {
  if (capabilities.split === 'none' || split.length === 0) return undefined
  const stranger = split.find((each) => !revisions.some((revision) => revision.name === each.revision))
  if (stranger !== undefined) {
    return refused(
      'UnknownRevisionInSplit',
      `the split names revision ${stranger.revision}, which is not wanted`,
    )
  }
  const sum = split.reduce((total, each) => total + each.weight, 0)
  if (Math.abs(sum - 100) > 1e-6) {
    return refused('SplitNotWhole', `the split sums to ${sum} percent, and must sum to 100`)
  }
  const fraction = split.find((each) => !Number.isInteger(each.weight))
  if (capabilities.split === 'percent' && fraction !== undefined) {
    return refused(
      'FractionalSplit',
      `revision ${fraction.revision} gets ${fraction.weight} percent, and this target splits by whole percents`,
    )
  }
  return undefined
}

function scaleRefusal({ scale }: TargetWant, { scaleToZero }: TargetCapabilities): TargetRefusal | undefined {
  const { min, max } = scale
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 0 || max < 1 || min > max) {
    return refused(
      'InvalidScale',
      `scale is ${min} to ${max}: give whole numbers, 0 or more, with max at least 1 and at least min`,
    )
  }
  if (min === 0 && !scaleToZero) {
    return refused(
      'ScaleToZeroUnsupported',
      'scale.min is 0, and this target cannot scale to zero: give 1 or more',
    )
  }
  return undefined
}

function refused(reason: string, message: string): TargetRefusal {
  return { kind: 'refused', reason, message }
}
