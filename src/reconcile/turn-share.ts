import { nextTurn } from '../clock.ts'

/** So many calls or reconciles take some milliseconds. */
const usual = 16

/**
 * How many may go on in one turn of the event loop. When the thing that hundreds wait for is there, all of them
 * would otherwise go on before any timer or socket gets its turn.
 */
export class TurnShare {
  readonly #again: () => void
  readonly #most: number
  #taken = 0

  /** `again` is called in the next turn after one in which somebody went on. */
  constructor(again: () => void, most: number = usual) {
    this.#again = again
    this.#most = most
  }

  /** Whether nobody else may go on in this turn. */
  get isUsed(): boolean {
    return this.#taken >= this.#most
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
