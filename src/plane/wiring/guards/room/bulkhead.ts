import type { Timer } from '../../../../clock.ts'
import { type Priority, priorities } from '../../../../reconcile/priority.ts'
import { PriorityLines } from '../../../../reconcile/priority-lines.ts'
import type { Linked } from '../../../../reconcile/ready-line.ts'
import { TurnShare } from '../../../../reconcile/turn-share.ts'
import type { Key } from '../../../../resources/metadata.ts'
import type { TokenBucket } from './token-bucket.ts'

/** Twice as many as the loop begins in a turn, so that a line gets shorter while the part answers at once. */
const perTurn = 32

/** A deployment that waits, with everything that is to be called when its turn comes. */
interface Waiting extends Linked<Waiting> {
  readonly key: Key
  priority: Priority
  readonly admitted: Set<() => void>
}

/**
 * Limits how many deployments have calls under way at one part, and how many calls a second are made. The others
 * wait in a line: those of a person's change go first, then each in its turn. A deployment that is inside may
 * make any number of calls; the others then wait longer for their tokens.
 */
export class Bulkhead {
  readonly #most: number
  readonly #bucket: TokenBucket | undefined
  /** The calls under way, by deployment. */
  readonly #inside = new Map<Key, number>()
  /** Deployments that are inside and have not made the call yet for which they took a token. */
  readonly #prepaid = new Set<Key>()
  /** Its keys are deployments whose run waits. */
  readonly #waiting = new Map<Key, Waiting>()
  readonly #lines = new PriorityLines<Waiting>()
  readonly #share = new TurnShare(() => this.#admitNext(), perTurn)
  #admitting = false
  #nextToken: Timer | undefined

  /** With a bucket, each call takes a token. */
  constructor(most: number, bucket?: TokenBucket) {
    this.#most = most
    this.#bucket = bucket
  }

  /** Whether the deployment is inside now. Then `leave` must follow. */
  enter(key: Key, priority: Priority = priorities.drift): boolean {
    const calls = this.#inside.get(key)
    if (calls === undefined && this.#inside.size >= this.#most) return false
    if (calls === undefined) {
      const first = this.#lines.mostUrgent
      if (first !== undefined && first.priority >= priority) return false
      if (this.#bucket?.take(priority) === false) return false
    } else if (!this.#prepaid.delete(key)) this.#bucket?.owe()
    this.#inside.set(key, (calls ?? 0) + 1)
    return true
  }

  /** The deployment that has just entered makes its call later: until then, the token is kept for it. */
  prepay(key: Key): void {
    if (this.#bucket !== undefined) this.#prepaid.add(key)
  }

  /** A call that a person waits for. It is made at once and counts. */
  pass(): void {
    this.#bucket?.oweAtMost()
  }

  /**
   * Calls `admitted` once the deployment is inside. It must not throw, and `leave` must follow. Gives a
   * function that leaves the line instead.
   */
  wait(key: Key, priority: Priority, admitted: () => void): () => void {
    const waiting = this.#inLine(key, priority)
    waiting.admitted.add(admitted)
    if (this.#bucket !== undefined) this.#awaitToken(this.#bucket)
    return () => {
      waiting.admitted.delete(admitted)
      if (waiting.admitted.size === 0 && this.#waiting.get(key) === waiting) this.#remove(waiting)
    }
  }

  /** Moves a deployment that waits up, because it is more urgent now. */
  raise(key: Key, priority: Priority): void {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    this.#raise(waiting, priority)
    this.#admitNext()
  }

  leave(key: Key): void {
    const calls = this.#inside.get(key) ?? 0
    if (calls > 1) {
      this.#inside.set(key, calls - 1)
      return
    }
    this.#inside.delete(key)
    if (this.#prepaid.delete(key)) this.#bucket?.giveBack()
    this.#admitNext()
  }

  /** No timer is left. */
  close(): void {
    this.#nextToken?.cancel()
  }

  #inLine(key: Key, priority: Priority): Waiting {
    const known = this.#waiting.get(key)
    if (known !== undefined) {
      this.#raise(known, priority)
      return known
    }
    const waiting: Waiting = { key, priority, admitted: new Set(), before: undefined, after: undefined }
    this.#waiting.set(key, waiting)
    this.#lines.push(waiting)
    return waiting
  }

  #raise(waiting: Waiting, priority: Priority): void {
    if (waiting.priority >= priority) return
    this.#lines.remove(waiting)
    waiting.priority = priority
    this.#lines.push(waiting)
  }

  #remove(waiting: Waiting): void {
    this.#lines.remove(waiting)
    this.#waiting.delete(waiting.key)
  }

  /** Who is let in may leave at once, so this is called again while it goes on. */
  #admitNext(): void {
    if (this.#admitting) return
    this.#admitting = true
    while (this.#inside.size < this.#most && !this.#share.isUsed) {
      const next = this.#nextWithToken()
      if (next === undefined) break
      this.#share.take()
      this.#lines.serve(next)
      this.#waiting.delete(next.key)
      // A list, because who is let in may make another one leave the set, whose call is counted here.
      const all = [...next.admitted]
      this.#inside.set(next.key, (this.#inside.get(next.key) ?? 0) + all.length)
      for (let paid = 1; paid < all.length; paid += 1) this.#bucket?.owe()
      for (const admitted of all) admitted()
    }
    this.#admitting = false
  }

  /**
   * Whose turn it is. When there is no token for it, but one for what people asked for, they do not wait behind
   * it. Its token is taken.
   */
  #nextWithToken(): Waiting | undefined {
    const next = this.#lines.next
    if (next === undefined || this.#bucket === undefined) return next
    if (this.#bucket.take(next.priority)) return next
    const urgent = this.#lines.mostUrgent ?? next
    if (urgent !== next && this.#bucket.take(urgent.priority)) return urgent
    this.#awaitToken(this.#bucket)
    return undefined
  }

  #awaitToken(bucket: TokenBucket): void {
    this.#nextToken?.cancel()
    const urgent = this.#lines.mostUrgent
    if (urgent === undefined || this.#inside.size >= this.#most) return
    this.#nextToken = bucket.whenReady(urgent.priority, () => this.#admitNext())
  }
}
