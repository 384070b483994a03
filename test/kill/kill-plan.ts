import { seededRandom } from 'modelspine/adapter'
import type { Mode } from './mode.ts'

/** When a victim ends itself. */
export type KillAt =
  /**
   * At the `nth` pass of this point. With `lateShellMs`, the process started there begins that much later.
   */
  | { readonly at: 'point'; readonly point: string; readonly nth: number; readonly lateShellMs?: number }
  /** `delayMs` after the pass of `count` points of any name. */
  | { readonly at: 'count'; readonly count: number; readonly delayMs: number }

export interface PlannedKill {
  readonly mode: Mode
  /** From 1. */
  readonly number: number
  readonly title: string
  /** One for each life of the plane's process. Most runs are killed once, some again while they recover. */
  readonly kills: readonly KillAt[]
}

/** The least number of times that the scenario sends each effect, so that each `nth` up to it is reached. */
const effects = { create: 5, shift: 4, scale: 1, retire: 3, destroy: 1 } as const

const moments = ['before-ledger', 'before-apply', 'after-apply', 'after-outcome'] as const

/** The next plane looks for started processes earlier than this. */
const lateShellMs = 2500

/** Every named point with the least number of times that it is reached. */
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

/** The points inside the process target, which the vendor does not have. */
const ofProcesses = /^(spawn|signal|remove)\//

function pointsOf(mode: Mode): typeof points {
  return mode === 'tagged' ? points.filter(([point]) => !ofProcesses.test(point)) : points
}

/** About the number of points that a whole run passes. A count that is not reached kills at the run's end. */
const pointsOfARun = 400
/** About the number of points that a run passes until it has recovered. */
const pointsOfARecovery = 60

/**
 * One kill of a seed. It does not depend on the other kills. The named points come first, then random kills.
 * Every second random run is killed twice.
 */
export function planKill(seed: number, number: number, mode: Mode = 'restart'): PlannedKill {
  const random = seededRandom(seed * 7919 + number)
  const named = pointsOf(mode)[number - 1]
  if (named !== undefined) {
    const [point, times, late] = named
    const nth = 1 + Math.floor(random() * times)
    const title = `${point} #${nth}${late === undefined ? '' : ', its shell late'}`
    const kill: KillAt = { at: 'point', point, nth, ...(late !== undefined && { lateShellMs: late }) }
    return { mode, number, title, kills: [kill] }
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
  return { mode, number, title: `random, ${title}`, kills }
}
