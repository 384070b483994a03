import { type Clock, type ModelspineError, systemClock } from 'modelspine/adapter'
import { type CallerLimits, withinLimits } from './within-limits.ts'

/** A question may be a process, or a connection, that cannot be ended. */
export const mostAtOnce = 3

interface Failures {
  /** For a caller whose time is over. */
  late(): ModelspineError
  /** For a caller who comes while `mostAtOnce` questions hang. */
  hanging(): ModelspineError
}

/**
 * Callers at the same time share one answer. What has not come within the limits of a caller may hang, so the next
 * caller asks anew.
 */
export function askTogether<Answer>(
  ask: () => Promise<Answer>,
  failures: Failures,
  clock: Clock = systemClock,
): (limits: CallerLimits) => Promise<Answer> {
  let asked: Promise<Answer> | undefined
  const underWay = new Set<Promise<Answer>>()

  function forget(asks: Promise<Answer> | undefined): void {
    if (asked === asks) asked = undefined
  }

  function begin(): Promise<Answer> {
    if (underWay.size >= mostAtOnce) throw failures.hanging()
    const asks = ask()
    const ended = (): void => {
      underWay.delete(asks)
      forget(asks)
    }
    underWay.add(asks)
    asks.then(ended, ended)
    return asks
  }

  return (limits) => {
    let asks: Promise<Answer> | undefined
    const shared = async (): Promise<Answer> => {
      asked ??= begin()
      asks = asked
      return asks
    }
    const late = (): ModelspineError => {
      forget(asks)
      return failures.late()
    }
    return withinLimits(shared, limits, late, clock)
  }
}
