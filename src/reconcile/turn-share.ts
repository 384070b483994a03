import { nextTurn } from '../clock.ts'

/** So many reconciles take some milliseconds. */
const perTurn = 16

/**
 * How many runs may go on in one turn of the event loop. When the thing that hundreds of them wait for is there,
 * they would otherwise all go on before any timer or socket gets its turn.
 */
export class TurnShare {
  readonly #again: () => void
  #taken = 0

  /** `again` is called in the next turn after one in which somebody went on. */
  constructor(again: () => void) {
    this.#again = again
  }

  /** Whether nobody else may go on in this turn. */
  get isUsed(): boolean {
    return this.#taken >= perTurn
  }

  /** One goes on. */
  take(): void {
    this.#taken += 1
    if (this.#taken > 1) return
    void nextTurn().then(() => {
      this.#taken = 0
      this.#again()
    })
  }
}
