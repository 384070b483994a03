import type { GateWindow } from '../../resources/deployment/deployment-status.ts'
import type { Interval } from '../../telemetry/contract.ts'
import type { Levels } from './test-verdict.ts'

/** The part that the first window of a step has. Most steps have no other one, so nearly all is theirs. */
const firstPart = 0.97
/** The begin of a window may move by so small a part of it, because clocks are not exact. */
const tolerated = 0.01

/**
 * The chances of an error that a gate has in one window of a step. Each window is a test of its own. The parts of all windows
 * that there can ever be sum to 1, because 1 / (1 · 2) + 1 / (2 · 3) + … is 1.
 */
export function levelsOfWindow({ alpha, beta }: Levels, number: number): Levels {
  const part = number <= 1 ? firstPart : (1 - firstPart) / (number * (number - 1))
  return { alpha: alpha * part, beta: beta * part }
}

/** The window that numbers of this interval belong to: the last one, or a new one when earlier numbers were lost. */
export function windowOf(last: GateWindow | undefined, { fromMs, toMs }: Interval): GateWindow {
  if (last === undefined) return { number: 1, fromMs }
  if (last.fromMs !== undefined && fromMs - last.fromMs <= tolerated * (toMs - last.fromMs)) return last
  return { number: last.number + 1, fromMs }
}
