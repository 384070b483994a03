import { here, ledgerOf, splitIn } from '../../status.ts'
import type { CommittedState } from '../commit-journal.ts'
import type { Evidence } from '../evidence.ts'

/** Checks laws 1 and 2 in every committed state, and that no fence falls. */
export function judgeStates({ commits: { states } }: Evidence): readonly string[] {
  const faults: string[] = []
  const last = new Map<string, CommittedState>()
  for (const state of states) {
    faults.push(...judgeState(last.get(state.key), state))
    last.set(state.key, state)
  }
  return faults
}

function judgeState(
  before: CommittedState | undefined,
  { key, status, deleting }: CommittedState,
): readonly string[] {
  if (status === undefined) return before?.status === undefined ? [] : [`${key}: the status was lost`]
  const faults: string[] = []
  const { stable } = status
  const { revisions } = here(status)
  const [split, effect] = [splitIn(status), ledgerOf(status)]
  const text = JSON.stringify(split)
  const sum = split.reduce((total, { weight }) => total + weight, 0)
  if (split.length > 0 && sum !== 100) faults.push(`${key}: split ${text} sums to ${sum}`)
  const known = before?.status
  if (split.length === 0 && splitIn(known).length > 0 && !deleting) {
    faults.push(`${key}: no revision serves any more`)
  }
  for (const { revision, weight } of split) {
    const earlier = splitIn(known).find((each) => each.revision === revision)?.weight ?? 0
    const state = revisions.find((each) => each.revision === revision)?.state
    if (weight > earlier && state !== 'ready') {
      faults.push(`${key}: the weight of ${revision} rises to ${weight} while it is ${state}`)
    }
  }
  const staying = known?.stable
  if (staying !== undefined && !deleting && stable === staying) {
    if (!revisions.some((each) => each.revision === staying)) {
      faults.push(`${key}: stable ${staying} is no longer wanted, but has no successor`)
    }
  }
  const fence = ledgerOf(known)?.fence
  if (effect !== undefined && fence !== undefined && effect.fence < fence) {
    faults.push(`${key}: an effect under fence ${effect.fence} follows one under ${fence}`)
  }
  return faults
}
