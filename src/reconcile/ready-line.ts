import type { QueueItem } from './queue-item.ts'

/**
 * First in, first out. Any item can leave from the middle in O(1). The items themselves hold the links, so a
 * key whose priority rises leaves nothing behind in its old line.
 */
export class ReadyLine<K> {
  #first: QueueItem<K> | undefined
  #last: QueueItem<K> | undefined

  push(item: QueueItem<K>): void {
    item.before = this.#last
    if (this.#last === undefined) this.#first = item
    else this.#last.after = item
    this.#last = item
  }

  get first(): QueueItem<K> | undefined {
    return this.#first
  }

  remove(item: QueueItem<K>): void {
    const { before, after } = item
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    item.before = undefined
    item.after = undefined
  }
}
