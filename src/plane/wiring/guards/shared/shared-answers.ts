import type { Clock } from '../../../../clock.ts'

export interface Shared<Answer> {
  readonly answer: Promise<Answer>
  /** Whether the answer is there. */
  readonly isThere: () => boolean
}

interface Known<Answer> extends Shared<Answer> {
  readonly untilMs: number
}

/**
 * Lets several callers use one answer to the same question, for a short life. The life counts from the question,
 * so nobody gets an answer to a question that was asked longer ago. A failure is shared only with those who
 * already wait for it.
 */
export class SharedAnswers<Answer> {
  readonly #clock: Clock
  readonly #lifeMs: number
  /** By question, the oldest first. Those of earlier lives are removed. */
  readonly #known = new Map<string, Known<Answer>>()

  constructor(clock: Clock, lifeMs: number) {
    this.#clock = clock
    this.#lifeMs = lifeMs
  }

  /** The answer that may be used now, if there is one. It may still be under way. */
  find(question: string): Shared<Answer> | undefined {
    const known = this.#known.get(question)
    return known !== undefined && this.#clock.monotonic() < known.untilMs ? known : undefined
  }

  /** From now on, others get this answer. */
  share(question: string, answer: Promise<Answer>): void {
    const nowMs = this.#clock.monotonic()
    for (const [old, { untilMs }] of this.#known) {
      if (untilMs > nowMs) break
      this.#known.delete(old)
    }
    let isThere = false
    const known = { answer, untilMs: nowMs + this.#lifeMs, isThere: () => isThere }
    this.#known.delete(question)
    this.#known.set(question, known)
    answer.then(
      () => {
        isThere = true
      },
      () => {
        if (this.#known.get(question) === known) this.#known.delete(question)
      },
    )
  }

  /** Something has changed: from now on, everybody asks anew. */
  forget(): void {
    this.#known.clear()
  }
}
