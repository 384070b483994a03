/** Counts pieces of work, and knows how many were done between two turns of the event loop. */
export interface TurnCount {
  readonly done: number
  /** The most pieces between two turns. */
  readonly most: number
  add(): void
  /** Ends the count. Without it the process stays alive. */
  stop(): Promise<void>
}

export function countTurns(): TurnCount {
  let [done, doneBefore, most] = [0, 0, 0]
  const over = Promise.withResolvers<void>()
  let isOver = false
  const turn = (): void => {
    most = Math.max(most, done - doneBefore)
    doneBefore = done
    if (isOver) over.resolve()
    else setImmediate(turn)
  }
  setImmediate(turn)
  return {
    get done() {
      return done
    },
    get most() {
      return most
    },
    add() {
      done += 1
    },
    stop() {
      isOver = true
      return over.promise
    },
  }
}
