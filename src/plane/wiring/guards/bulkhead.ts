import { type Priority, priorities } from '../../../reconcile/priority.ts'
import type { QueueItem } from '../../../reconcile/queue-item.ts'
import { ReadyLine } from '../../../reconcile/ready-line.ts'
import type { Key } from '../../../resources/metadata.ts'

/**
 * A deployment that found no room. While the run that was refused goes on, the state is `working`; then it
 * stands in a line as `ready`; `delayed` when it was called back and has not come yet.
 */
type Refused = QueueItem<Key>

/**
 * Limits how many deployments have calls under way at one part. A deployment that finds no room does not wait
 * here, because it would hold the place of others in the loop. It is remembered and called back when there
 * is room: those of a person's change first, then in the order in which they came.
 *
 * A run that was let in once may call again until it ends, up to twice the number. Otherwise a run could lose
 * its place between its look and its change, look again, and lose it again, for ever.
 */
export class Bulkhead {
  readonly #most: number
  readonly #callBack: (key: Key, priority: Priority) => boolean
  /** The calls under way, by deployment. */
  readonly #inside = new Map<Key, number>()
  /** Deployments whose run was let in and has not ended. */
  readonly #known = new Set<Key>()
  /** Its keys are declared deployments. */
  readonly #refused = new Map<Key, Refused>()
  readonly #lines = { 0: new ReadyLine<Key>(), 1: new ReadyLine<Key>(), 2: new ReadyLine<Key>() } as const
  #called = 0

  /** `callBack` gives false when the deployment will not come, because nobody leads. */
  constructor(most: number, callBack: (key: Key, priority: Priority) => boolean) {
    this.#most = most
    this.#callBack = callBack
  }

  /** Whether the deployment may call now. Then `leave` must follow. Room is kept for those called back. */
  enter(key: Key, priority: Priority): boolean {
    const calls = this.#inside.get(key)
    const refused = this.#refused.size > 0 ? this.#refused.get(key) : undefined
    if (calls === undefined && !this.#hasRoom(key, refused)) {
      this.#refuse(key, priority, refused)
      return false
    }
    this.#inside.set(key, (calls ?? 0) + 1)
    this.#known.add(key)
    if (refused !== undefined) this.#drop(refused)
    return true
  }

  leave(key: Key): void {
    const calls = this.#inside.get(key) ?? 0
    if (calls > 1) this.#inside.set(key, calls - 1)
    else {
      this.#inside.delete(key)
      this.#callNext()
    }
  }

  /** A run of the deployment has ended: if it was refused, it can be called back from now on. */
  ended(key: Key): void {
    this.#known.delete(key)
    if (this.#refused.size === 0) return
    const known = this.#refused.get(key)
    if (known?.state === 'working') {
      known.state = 'ready'
      this.#lines[known.priority].push(known)
    } else if (known?.state === 'delayed') {
      // It came and did not need this part.
      this.#drop(known)
    }
    this.#callNext()
  }

  /** The deployment will not come any more. */
  forget(key: Key): void {
    this.#known.delete(key)
    const known = this.#refused.get(key)
    if (known === undefined) return
    this.#drop(known)
    this.#callNext()
  }

  /** Nobody leads any more: those called back will not come, and the next leader looks at every deployment. */
  nobodyComes(): void {
    for (const known of [...this.#refused.values()]) this.#drop(known)
  }

  #hasRoom(key: Key, refused: Refused | undefined): boolean {
    if (this.#known.has(key)) return this.#inside.size < 2 * this.#most
    const kept = this.#called - (refused?.state === 'delayed' ? 1 : 0)
    return this.#inside.size + kept < this.#most
  }

  #refuse(key: Key, priority: Priority, known: Refused | undefined): void {
    // Who comes again before being called keeps the place in the line.
    if (known?.state === 'ready' && known.priority >= priority) return
    if (known !== undefined) this.#drop(known)
    const highest = known !== undefined && known.priority > priority ? known.priority : priority
    const nowhere = { readyAtMs: 0, place: 0, before: undefined, after: undefined }
    this.#refused.set(key, { key, state: 'working', priority: highest, ...nowhere })
  }

  #drop(known: Refused): void {
    if (known.state === 'ready') this.#lines[known.priority].remove(known)
    if (known.state === 'delayed') this.#called -= 1
    this.#refused.delete(known.key)
  }

  #callNext(): void {
    if (this.#refused.size === 0) return
    while (this.#inside.size + this.#called < this.#most) {
      const next =
        this.#lines[priorities.user].first ??
        this.#lines[priorities.drift].first ??
        this.#lines[priorities.resync].first
      if (next === undefined) return
      this.#lines[next.priority].remove(next)
      next.state = 'delayed'
      this.#called += 1
      if (!this.#callBack(next.key, next.priority)) this.#drop(next)
    }
  }
}
