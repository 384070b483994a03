import type { AuditEntry } from 'modelspine/adapter'
import type { Evidence } from '../evidence.ts'

/** The count of each change of a deployment in a run in which each step is done once and no fault occurs. */
const expected: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'default/digits': {
    'deployment-applied': 3,
    'route-applied': 1,
    'rollout-started': 3,
    'revision-requested': 3,
    'analysis-passed': 1,
    'rollout-completed': 3,
    'revision-removal-requested': 2,
    'split-changed': 5,
  },
  'default/aside': {
    'deployment-applied': 3,
    'rollout-started': 2,
    'revision-requested': 2,
    'rollout-completed': 2,
    'revision-removal-requested': 1,
    'split-changed': 4,
    'split-requested': 4,
    'scale-requested': 1,
    'deployment-deleted': 1,
    'destroy-requested': 1,
    'deployment-removed': 1,
  },
}

/**
 * A hold for want of samples, and its resume. This detour is not a fault, because only the load causes it.
 */
const detours = new Set(['rollout-held', 'rollout-resumed', 'step-entered'])

interface Share {
  readonly revision: string
  readonly weight: number
}

/** Checks that the trail has each change once, in a valid order, and only valid splits. */
export function judgeTrail({ commits: { events }, front, cloud, mode }: Evidence): readonly string[] {
  const faults: string[] = []
  for (const [key, counts] of Object.entries(expected)) {
    const own = events.filter((event) => event.key === key)
    faults.push(...judgeCounts(key, own, counts), ...judgeSplits(key, own), ...judgeOrder(key, own))
  }
  for (const { key } of events) if (expected[key] === undefined) faults.push(`the trail tells of ${key}`)
  const told: readonly { readonly kind: string }[] =
    mode === 'tagged'
      ? cloud.mutations.filter(({ key, kind }) => key === 'default/aside' && kind !== 'create')
      : front.mutations
  const kinds = told.map(({ kind }) => kind).join(' ')
  const wanted =
    mode === 'tagged'
      ? 'split split split split remove scale remove'
      : 'split split split split scale destroy'
  if (kinds !== wanted) faults.push(`the target that splits was told to ${kinds}`)
  return faults
}

function judgeCounts(
  key: string,
  events: readonly AuditEntry[],
  counts: Readonly<Record<string, number>>,
): readonly string[] {
  const actions = new Set([...Object.keys(counts), ...events.map(({ action }) => action)])
  return [...actions].flatMap((action) => {
    if (detours.has(action)) return []
    const count = events.filter((event) => event.action === action).length
    return count === (counts[action] ?? 0)
      ? []
      : [`${key} has ${action} ${count} times in its trail, not ${counts[action] ?? 0}`]
  })
}

/** Checks that each split follows the split before it, and sums to 100. */
function judgeSplits(key: string, events: readonly AuditEntry[]): readonly string[] {
  let before: unknown = []
  return events
    .filter(({ action }) => action === 'split-changed')
    .flatMap(({ details }) => {
      const { split, previous } = details as { split: readonly Share[]; previous: unknown }
      const text = JSON.stringify(split)
      const faults: string[] = []
      if (split.reduce((sum, { weight }) => sum + weight, 0) !== 100)
        faults.push(`${key}: split ${text} is not whole`)
      if (split.some(({ weight }) => weight <= 0))
        faults.push(`${key}: split ${text} has a weight of 0 or less`)
      if (JSON.stringify(previous) !== JSON.stringify(before)) {
        faults.push(
          `${key}: split ${text} follows ${JSON.stringify(before)}, and says ${JSON.stringify(previous)}`,
        )
      }
      before = split
      return faults
    })
}

/** Checks that no generation falls, and that a revision is requested, then stable, then asked to go. */
function judgeOrder(key: string, events: readonly AuditEntry[]): readonly string[] {
  const faults: string[] = []
  let generation = 0
  for (const event of events.filter(({ kind }) => kind === 'ModelDeployment')) {
    if (event.generation < generation) {
      faults.push(`${key}: ${event.action} is of generation ${event.generation}, after ${generation}`)
    }
    generation = Math.max(generation, event.generation)
  }
  const placeOf = (action: string, revision: unknown): number =>
    events.findIndex((event) => event.action === action && event.details.revision === revision)
  for (const { details } of events.filter(({ action }) => action === 'rollout-started')) {
    const { revision } = details
    const places = ['rollout-started', 'revision-requested', 'rollout-completed'].map((action) =>
      placeOf(action, revision),
    )
    const removed = placeOf('revision-removal-requested', revision)
    if (removed >= 0) places.push(removed)
    const rising = places.every((place, at) => at === 0 || place >= (places[at - 1] ?? 0))
    if (!rising) faults.push(`${key}: the trail of ${revision} is out of order: ${places.join(', ')}`)
  }
  return faults
}
