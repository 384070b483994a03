import type { Priority } from '../../../../reconcile/priority.ts'
import type { Key } from '../../../../resources/metadata.ts'
import type { Bulkhead } from './bulkhead.ts'

/** `kept`: its turn has come, and no run has begun since. `used`: the run under way has the room. */
type Room = { state: 'waiting'; readonly leaveLine: () => void } | { state: 'kept' | 'used' }

export interface RoomHooks {
  priorityOf(key: Key): Priority
  /**
   * The deployment comes before others of the priority, because something is kept for it. False when it will not
   * come, because nobody leads.
   */
  callFirst(key: Key, priority: Priority): boolean
}

/**
 * Room at one part for the call that a run wants to send. A run that finds none does not wait, because what it
 * has seen would be old when its turn comes. It ends, and its deployment keeps its place in line. When the turn
 * comes, the deployment is called back, and the room is kept for its next run.
 */
export class Rooms {
  readonly #bulkhead: Bulkhead
  readonly #hooks: RoomHooks
  /** Its keys are declared deployments. */
  readonly #rooms = new Map<Key, Room>()

  constructor(bulkhead: Bulkhead, hooks: RoomHooks) {
    this.#bulkhead = bulkhead
    this.#hooks = hooks
  }

  /** Whether the run under way has room until it ends. */
  take(key: Key): boolean {
    const room = this.#rooms.get(key)
    if (room?.state === 'waiting') return false
    if (room !== undefined) {
      room.state = 'used'
      return true
    }
    const priority = this.#hooks.priorityOf(key)
    if (this.#bulkhead.enter(key, priority)) {
      this.#bulkhead.prepay(key)
      this.#rooms.set(key, { state: 'used' })
      return true
    }
    const leaveLine = this.#bulkhead.wait(key, priority, () => {
      this.#bulkhead.prepay(key)
      this.#rooms.set(key, { state: 'kept' })
      if (!this.#hooks.callFirst(key, priority)) this.forget(key)
    })
    this.#rooms.set(key, { state: 'waiting', leaveLine })
    return false
  }

  /** A run begins. Whether room was kept for it. */
  begun(key: Key): boolean {
    const room = this.#rooms.get(key)
    if (room?.state !== 'kept') return false
    room.state = 'used'
    return true
  }

  /** The run has ended. Room that came during it is kept for the next one. */
  ended(key: Key): void {
    if (this.#rooms.get(key)?.state === 'used') this.forget(key)
  }

  /** The deployment does not come any more. */
  forget(key: Key): void {
    const room = this.#rooms.get(key)
    if (room === undefined) return
    this.#rooms.delete(key)
    if (room.state === 'waiting') room.leaveLine()
    else this.#bulkhead.leave(key)
  }

  /** Nobody leads any more, so no deployment comes that was called back. */
  nobodyComes(): void {
    for (const key of [...this.#rooms.keys()]) this.forget(key)
  }
}
