import type { Priority } from '../../../reconcile/priority.ts'
import { firstOf, linesByPriority } from '../../../reconcile/priority-lines.ts'
import type { Linked } from '../../../reconcile/ready-line.ts'
import type { Key } from '../../../resources/metadata.ts'

/** A deployment that waits, with everything that is to be called when its turn comes. */
interface Waiting extends Linked<Waiting> {
  readonly key: Key
  priority: Priority
  readonly admitted: Set<() => void>
}

/**
 * Limits how many deployments have calls under way at one part. The others wait in a line: those of a person's
 * change go first, then each in its turn. A deployment that is inside may make any number of calls.
 */
export class Bulkhead {
  readonly #most: number
  /** The calls under way, by deployment. */
  readonly #inside = new Map<Key, number>()
  /** Its keys are deployments whose run waits. */
  readonly #waiting = new Map<Key, Waiting>()
  readonly #lines = linesByPriority<Waiting>()
  #admitting = false

  constructor(most: number) {
    this.#most = most
  }

  /** Whether the deployment is inside now. Then `leave` must follow. */
  enter(key: Key): boolean {
    const calls = this.#inside.get(key)
    if (calls === undefined && this.#inside.size >= this.#most) return false
    this.#inside.set(key, (calls ?? 0) + 1)
    return true
  }

  /**
   * Calls `admitted` once the deployment is inside. It must not throw, and `leave` must follow. Gives a
   * function that leaves the line instead.
   */
  wait(key: Key, priority: Priority, admitted: () => void): () => void {
    const waiting = this.#inLine(key, priority)
    waiting.admitted.add(admitted)
    return () => {
      waiting.admitted.delete(admitted)
      if (waiting.admitted.size === 0 && this.#waiting.get(key) === waiting) this.#remove(waiting)
    }
  }

  leave(key: Key): void {
    const calls = this.#inside.get(key) ?? 0
    if (calls > 1) this.#inside.set(key, calls - 1)
    else {
      this.#inside.delete(key)
      this.#admitNext()
    }
  }

  #inLine(key: Key, priority: Priority): Waiting {
    let waiting = this.#waiting.get(key)
    if (waiting !== undefined && waiting.priority >= priority) return waiting
    if (waiting === undefined) {
      waiting = { key, priority, admitted: new Set(), before: undefined, after: undefined }
      this.#waiting.set(key, waiting)
    } else {
      this.#lines[waiting.priority].remove(waiting)
      waiting.priority = priority
    }
    this.#lines[priority].push(waiting)
    return waiting
  }

  #remove(waiting: Waiting): void {
    this.#lines[waiting.priority].remove(waiting)
    this.#waiting.delete(waiting.key)
  }

  /** Who is let in may leave at once, so this is called again while it goes on. */
  #admitNext(): void {
    if (this.#admitting) return
    this.#admitting = true
    while (this.#inside.size < this.#most) {
      const next = firstOf(this.#lines)
      if (next === undefined) break
      this.#remove(next)
      this.#inside.set(next.key, next.admitted.size)
      for (const admitted of next.admitted) admitted()
    }
    this.#admitting = false
  }
}
