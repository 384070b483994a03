/**
 * Keys that wait to be worked on, with the guarantees of client-go's work queue. A key that is added while it
 * waits is in the queue once. A key that is added while it is worked on is given out again afterwards. A key
 * is never given out twice at the same time. So no change is lost and no key is worked on concurrently.
 */

import type { Clock, Timer } from '../clock.ts'
import { DelayHeap } from './delay-heap.ts'
import { furthestTimerMs } from './furthest-timer.ts'
import { type Priority, priorities } from './priority.ts'
import { PriorityLines } from './priority-lines.ts'
import type { QueueItem } from './queue-item.ts'

export interface AddOptions {
  /** Default `priorities.drift`. When a key that waits is added several times, the highest priority counts. */
  readonly priority?: Priority
  /**
   * Milliseconds before which the key is not given out; default 0. When a key is added several times, the
   * earliest time counts.
   */
  readonly afterMs?: number
  /** Once it may be given out, the key goes before the others of its priority, because something is kept for it. */
  readonly first?: boolean
}

/**
 * Holds one entry for each key that was added and not finished, so its size is bounded by the number of keys.
 */
export interface Queue<K extends string = string> {
  /** O(1) for a key that is ready at once, else O(log n). Does nothing after `close`. */
  add(key: K, options?: AddOptions): void
  /** The next key, which is then in work until `done`. Undefined when aborted or closed. */
  get(abortSignal?: AbortSignal): Promise<K | undefined>
  /**
   * Puts this key in work, wherever it waits, even when it is not in the queue. False when it is in work
   * already. The priority counts when it is higher than the key's; default `priorities.user`, because a person
   * asks for one key.
   */
  take(key: K, priority?: Priority): boolean
  /**
   * Ends the work on a key. The key goes back into the queue if it was added meanwhile. Throws TypeError when
   * the key is not in work.
   */
  done(key: K): void
  /**
   * The priority with which the key waits or was given out, or the higher one with which it was added since;
   * undefined for an unknown key.
   */
  priorityOf(key: K): Priority | undefined
  /** The number of keys that could be given out now. */
  readonly size: number
  /** The number of keys whose time has not come. */
  readonly delayed: number
  /** The number of all keys: ready, delayed and in work. */
  readonly known: number
  /** The number of keys in work. */
  readonly working: number
  /** Forgets the waiting keys. From now on, every `get` gives undefined. */
  close(): void
}

interface Waiter<K> {
  readonly resolve: (key: K | undefined) => void
  readonly forget: () => void
}

export interface QueueOptions<K> {
  readonly clock: Clock
  /** Called when a key in work is added with a higher priority than it had. It may move up where it waits. */
  raised?(key: K, priority: Priority): void
}

/** So many keys become ready in one turn of the event loop; the others in the next turns. */
const wokenPerTurn = 256

export function createQueue<K extends string = string>(options: QueueOptions<K>): Queue<K> {
  const { clock } = options
  const items = new Map<K, QueueItem<K>>()
  const lines = new PriorityLines<QueueItem<K>>()
  const heap = new DelayHeap<K>()
  const waiters = new Set<Waiter<K>>()
  let ready = 0
  let working = 0
  let closed = false
  let timer: { readonly handle: Timer; readonly atMs: number } | undefined

  const enqueue = (item: QueueItem<K>): void => {
    item.state = 'ready'
    if (item.first) lines.pushFirst(item)
    else lines.push(item)
    ready += 1
  }

  const delay = (item: QueueItem<K>): void => {
    item.state = 'delayed'
    heap.push(item)
    arm()
  }

  const start = (item: QueueItem<K>): K => {
    item.state = 'working'
    item.first = false
    working += 1
    return item.key
  }

  const next = (): QueueItem<K> | undefined => {
    const item = lines.take()
    if (item !== undefined) ready -= 1
    return item
  }

  const serve = (): void => {
    for (const waiter of waiters) {
      const item = next()
      if (item === undefined) return
      waiter.forget()
      waiter.resolve(start(item))
    }
  }

  const arm = (): void => {
    const atMs = heap.first?.readyAtMs
    if (atMs === undefined || (timer !== undefined && timer.atMs <= atMs)) return
    timer?.handle.cancel()
    const delayMs = Math.min(Math.max(atMs - clock.monotonic(), 0), furthestTimerMs)
    timer = { handle: clock.schedule(delayMs, wake), atMs }
  }

  const wake = (): void => {
    timer = undefined
    const nowMs = clock.monotonic()
    let left = wokenPerTurn
    for (let item = heap.first; item !== undefined && item.readyAtMs <= nowMs && left > 0; left -= 1) {
      heap.remove(item)
      enqueue(item)
      item = heap.first
    }
    arm()
    serve()
  }

  const merge = (item: QueueItem<K>, priority: Priority, readyAtMs: number, first: boolean): void => {
    const comesFirst = first && !item.first
    if (first) item.first = true
    switch (item.state) {
      case 'ready':
        if (priority <= item.priority && !comesFirst) return
        lines.remove(item)
        if (priority > item.priority) item.priority = priority
        ready -= 1
        enqueue(item)
        return
      case 'delayed':
        if (priority > item.priority) item.priority = priority
        if (readyAtMs >= item.readyAtMs) return
        item.readyAtMs = readyAtMs
        if (readyAtMs > 0) {
          heap.sooner(item)
          arm()
          return
        }
        heap.remove(item)
        enqueue(item)
        serve()
        return
      case 'working':
        item.state = 'dirty'
        item.nextPriority = priority
        item.readyAtMs = readyAtMs
        if (priority > item.priority) options.raised?.(item.key, priority)
        return
      case 'dirty': {
        const before = urgencyOf(item)
        if (priority > item.nextPriority) item.nextPriority = priority
        if (readyAtMs < item.readyAtMs) item.readyAtMs = readyAtMs
        if (priority > before) options.raised?.(item.key, priority)
      }
    }
  }

  return {
    add(key, { priority = priorities.drift, afterMs = 0, first = false } = {}) {
      if (closed) return
      if (Number.isNaN(afterMs))
        throw new TypeError(`afterMs of ${key} is NaN: give a number of milliseconds`)
      const readyAtMs = afterMs > 0 ? clock.monotonic() + afterMs : 0
      const known = items.get(key)
      if (known !== undefined) return merge(known, priority, readyAtMs, first)
      const item = newItem(key, priority, readyAtMs, first)
      items.set(key, item)
      if (readyAtMs > 0) return delay(item)
      enqueue(item)
      if (waiters.size > 0) serve()
    },
    get(abortSignal) {
      if (closed || abortSignal?.aborted === true) return Promise.resolve(undefined)
      const item = next()
      if (item !== undefined) return Promise.resolve(start(item))
      return new Promise((resolve) => {
        const onAbort = (): void => {
          waiters.delete(waiter)
          resolve(undefined)
        }
        const forget = (): void => {
          waiters.delete(waiter)
          abortSignal?.removeEventListener('abort', onAbort)
        }
        const waiter: Waiter<K> = { resolve, forget }
        waiters.add(waiter)
        abortSignal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    take(key, priority = priorities.user) {
      const known = items.get(key)
      if (known?.state === 'working' || known?.state === 'dirty') return false
      const item = known ?? newItem(key, priority, 0, false)
      if (known === undefined) items.set(key, item)
      else if (item.state === 'delayed') heap.remove(item)
      else {
        lines.remove(item)
        ready -= 1
      }
      if (priority > item.priority) item.priority = priority
      start(item)
      return true
    },
    done(key) {
      const item = items.get(key)
      if (item?.state !== 'working' && item?.state !== 'dirty') {
        throw new TypeError(`${key} is not in work: call done once for each key that get gave`)
      }
      working -= 1
      if (item.state === 'working' || closed) {
        items.delete(key)
        return
      }
      item.priority = item.nextPriority
      if (item.readyAtMs > 0 && item.readyAtMs > clock.monotonic()) return delay(item)
      enqueue(item)
      if (waiters.size > 0) serve()
    },
    priorityOf(key) {
      const item = items.get(key)
      return item && urgencyOf(item)
    },
    get size() {
      return ready
    },
    get delayed() {
      return heap.size
    },
    get known() {
      return items.size
    },
    get working() {
      return working
    },
    close() {
      if (closed) return
      closed = true
      timer?.handle.cancel()
      while (next() !== undefined);
      heap.clear()
      for (const [key, { state }] of items) if (state === 'ready' || state === 'delayed') items.delete(key)
      for (const waiter of waiters) {
        waiter.forget()
        waiter.resolve(undefined)
      }
    },
  }
}

function newItem<K>(key: K, priority: Priority, readyAtMs: number, first: boolean): QueueItem<K> {
  return {
    key,
    state: 'ready',
    priority,
    nextPriority: priority,
    readyAtMs,
    first,
    place: 0,
    before: undefined,
    after: undefined,
  }
}

function urgencyOf<K>({ state, priority, nextPriority }: QueueItem<K>): Priority {
  return state === 'dirty' && nextPriority > priority ? nextPriority : priority
}
