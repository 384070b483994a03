import type { Priority } from './priority.ts'

/** One known key. It sits in exactly one place: a line, the heap, or in work. */
export interface QueueItem<K> {
  readonly key: K
  /** `dirty`: in work, and added again since. */
  state: 'ready' | 'delayed' | 'working' | 'dirty'
  priority: Priority
  /** On the monotonic clock; 0 for at once. */
  readyAtMs: number
  /** Index in the heap while `delayed`. */
  place: number
  /** Neighbours in the line while `ready`. */
  before: QueueItem<K> | undefined
  after: QueueItem<K> | undefined
}
