import type { QueueItem } from './queue-item.ts'

/** A binary heap, ordered by `readyAtMs`. Items know their place, so any item moves or leaves in O(log n). */
export class DelayHeap<K> {
  readonly #items: QueueItem<K>[] = []

  get size(): number {
    return this.#items.length
  }

  /** The item that is ready soonest. */
  get first(): QueueItem<K> | undefined {
    return this.#items[0]
  }

  push(item: QueueItem<K>): void {
    this.#items.push(item)
    this.#rise(item, this.#items.length - 1)
  }

  /** Moves an item forward. Call it after `readyAtMs` became earlier. */
  sooner(item: QueueItem<K>): void {
    this.#rise(item, item.place)
  }

  remove(item: QueueItem<K>): void {
    const last = this.#items.pop()
    if (last === undefined || last === item) return
    this.#sink(last, item.place)
    this.#rise(last, last.place)
  }

  clear(): void {
    this.#items.length = 0
  }

  #rise(item: QueueItem<K>, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >>> 1
      const parent = this.#items[above]
      if (parent === undefined || parent.readyAtMs <= item.readyAtMs) break
      this.#put(parent, place)
      place = above
    }
    this.#put(item, place)
  }

  #sink(item: QueueItem<K>, from: number): void {
    let place = from
    for (;;) {
      const left = this.#items[2 * place + 1]
      const right = this.#items[2 * place + 2]
      const child =
        right !== undefined && left !== undefined && right.readyAtMs < left.readyAtMs ? right : left
      if (child === undefined || child.readyAtMs >= item.readyAtMs) break
      const below = child.place
      this.#put(child, place)
      place = below
    }
    this.#put(item, place)
  }

  #put(item: QueueItem<K>, place: number): void {
    this.#items[place] = item
    item.place = place
  }
}
