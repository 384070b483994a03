import { TurnShare } from '../../../../reconcile/turn-share.ts'

/** Runs whose answer is there. A few of them go on in each turn of the event loop, in the order in which they came. */
export class Comers {
  readonly #waiting = new Set<() => void>()
  readonly #share = new TurnShare(() => this.#goOn())

  /** Resolves when it is the caller's turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve)
      this.#goOn()
    })
  }

  #goOn(): void {
    for (const resolve of this.#waiting) {
      if (this.#share.isUsed) return
      this.#share.take()
      this.#waiting.delete(resolve)
      resolve()
    }
  }
}
