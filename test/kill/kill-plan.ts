import { seededRandom } from 'modelspine/adapter'

/** When a victim ends itself. */
export type KillAt =
  /** The `nth` time that it comes by this point. `lateShellMs`: what it starts then begins so much later. */
  | { readonly at: 'point'; readonly point: string; readonly nth: number; readonly lateShellMs?: number }
  /** So long after it came by so many points, whichever those are. */
  | { readonly at: 'count'; readonly count: number; readonly delayMs: number }

export interface PlannedKill {
  /** From 1. */
  readonly number: number
  readonly title: string
  /** One for each life of the plane's process: most are killed once, some again while they recover. */
  readonly kills: readonly KillAt[]
}

/** How often the scenario comes by at least, so that any `nth` up to it is reached. */
const effects = { create: 5, shift: 4, scale: 1, retire: 3, destroy: 1 } as const

const moments = ['before-ledger', 'before-apply', 'after-apply', 'after-outcome'] as const

/** Later than the next plane looks for what was started. */
const lateShellMs = 2500

/** Every named point with how often it is reached at least. */
export const points: readonly (readonly [point: string, times: number, lateShellMs?: number])[] = [
  ...Object.entries(effects).flatMap(([kind, times]) =>
    moments.map((moment) => [`${kind}/${moment}`, times] as const),
  ),
  // Inside the process target: around the fork, around the signal that drains, around moving a folder away.
  ['spawn/before', 5],
  ['spawn/after', 5],
  ['spawn/after', 5, lateShellMs],
  ['signal/before', 3],
  ['signal/after', 3],
  ['remove/before', 3],
  ['remove/after', 3],
  ['split/before-write', 4],
  ['split/after-write', 4],
  ['converged/before-write', 3],
  ['converged/after-write', 3],
  ['removal/before-write', 1],
  ['removal/after-write', 1],
  ['spec/before-write', 6],
  ['spec/after-write', 6],
  ['mark/before-write', 1],
  ['mark/after-write', 1],
  ['audit/before-append', 8],
  ['audit/after-append', 8],
  ['audit/after-acknowledge', 8],
]

/** Roughly how many points a whole run comes by; a count that is not reached is hit at the run's end. */
const pointsOfARun = 400
/** And how many it comes by until it has recovered. */
const pointsOfARecovery = 60

/** A kill of a seed, whatever the others are: the named points first, then at random, every second of those twice. */
export function planKill(seed: number, number: number): PlannedKill {
  const random = seededRandom(seed * 7919 + number)
  const named = points[number - 1]
  if (named !== undefined) {
    const [point, times, late] = named
    const nth = 1 + Math.floor(random() * times)
    const title = `${point} #${nth}${late === undefined ? '' : ', its shell late'}`
    const kill: KillAt = { at: 'point', point, nth, ...(late !== undefined && { lateShellMs: late }) }
    return { number, title, kills: [kill] }
  }
  const anywhere = (within: number): KillAt => ({
    at: 'count',
    count: 1 + Math.floor(random() * within),
    delayMs: Math.floor(random() * 30),
  })
  const kills = [anywhere(pointsOfARun), ...(number % 2 === 0 ? [anywhere(pointsOfARecovery)] : [])]
  const title = kills
    .map((kill) => (kill.at === 'count' ? `${kill.count} points + ${kill.delayMs} ms` : kill.point))
    .join(', again ')
  return { number, title: `random, ${title}`, kills }
}
