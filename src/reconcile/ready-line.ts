/** The neighbours of an item in its line. */
export interface Linked<Item> {
  before: Item | undefined
  after: Item | undefined
}

/**
 * First in, first out. Any item can leave from the middle in O(1). The items themselves hold the links, so a
 * key whose priority rises leaves nothing behind in its old line.
 */
export class ReadyLine<Item extends Linked<Item>> {
  #first: Item | undefined
  #last: Item | undefined

  push(item: Item): void {
    item.before = this.#last
    if (this.#last === undefined) this.#first = item
    else this.#last.after = item
    this.#last = item
  }

  /** Before all others. */
  pushFirst(item: Item): void {
    item.after = this.#first
    if (this.#first === undefined) this.#last = item
    else this.#first.before = item
    this.#first = item
  }

  get first(): Item | undefined {
    return this.#first
  }

  /**
   * The item keeps no link. Through a link, an item that is gone would keep alive all that came after it, until the
   * garbage collector looks at everything.
   */
  remove(item: Item): void {
    const { before, after } = item
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    item.before = undefined
    item.after = undefined
  }
}
