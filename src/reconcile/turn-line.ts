import { TurnShare } from './turn-share.ts'

/** Lets those who wait go on in the order in which they came, a few in each turn of the event loop. */
export class TurnLine {
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
