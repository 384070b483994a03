import { setTimeout as wait } from 'node:timers/promises'

/** What became of a caller's request, as far as the caller knows. */
export type CallerEnd = 'as expected' | 'left' | 'late' | 'unexpected'

export interface Callers {
  readonly ends: Readonly<Record<CallerEnd, number>>
  /** The first unexpected answers. */
  readonly unexpected: readonly string[]
  readonly longestMs: number
  /** Lets each caller end its request. */
  stop(): Promise<void>
}

/** The most time between two requests of a caller, in milliseconds. */
const thinkMs = 150

/** So many callers that each ask again and again. What `ask` resolves with is told when nobody expected it. */
export function keepAsking(
  count: number,
  random: () => number,
  ask: () => Promise<{ readonly end: CallerEnd; readonly got: string }>,
): Callers {
  const ends = { 'as expected': 0, left: 0, late: 0, unexpected: 0 }
  const unexpected: string[] = []
  let longestMs = 0
  let isOver = false
  const caller = async (): Promise<void> => {
    while (!isOver) {
      const begunAt = performance.now()
      const { end, got } = await ask()
      longestMs = Math.max(longestMs, performance.now() - begunAt)
      ends[end] += 1
      if (end === 'unexpected' && unexpected.length < 20) unexpected.push(got)
      await wait(random() * thinkMs)
    }
  }
  const callers = Array.from({ length: count }, caller)
  return {
    ends,
    unexpected,
    get longestMs() {
      return longestMs
    },
    async stop() {
      isOver = true
      await Promise.all(callers)
    },
  }
}
