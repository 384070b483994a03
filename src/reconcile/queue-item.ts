import type { Priority } from './priority.ts'
import type { Linked } from './ready-line.ts'

/** One known key. It is in exactly one place: in a line, in the heap, or in work. */
export interface QueueItem<K> extends Linked<QueueItem<K>> {
  readonly key: K
  /** `dirty`: in work, and added again since the work began. */
  state: 'ready' | 'delayed' | 'working' | 'dirty'
  priority: Priority
  /** While `dirty`: the priority with which the key comes back. */
  nextPriority: Priority
  /** Whether the key goes before others of its priority, now or when it comes back. */
  first: boolean
  /** When the key is ready, on the monotonic clock; 0 for at once. */
  readyAtMs: number
  /** Index in the heap while `delayed`. */
  place: number
}
