import type { Priority } from './priority.ts'
import { type Linked, ReadyLine } from './ready-line.ts'

/** So many of higher priority may pass a line. Then the first of the line has its turn. */
const mostPassed = 8

const lowestFirst = [0, 1, 2] as const

/**
 * A line for each priority. The first of the highest priority has the next turn. But what comes again and again
 * does not starve the rest: of ten turns, a lower priority that waits has at least one.
 */
export class PriorityLines<Item extends Linked<Item> & { readonly priority: Priority }> {
  readonly #lines: Readonly<Record<Priority, ReadyLine<Item>>> = {
    0: new ReadyLine<Item>(),
    1: new ReadyLine<Item>(),
    2: new ReadyLine<Item>(),
  }
  /** How many of higher priority had their turn while the line waited. */
  readonly #passed: Record<Priority, number> = { 0: 0, 1: 0, 2: 0 }

  /** At the end of the line of its priority. */
  push(item: Item): void {
    this.#lines[item.priority].push(item)
  }

  /** Before all others of its priority. */
  pushFirst(item: Item): void {
    this.#lines[item.priority].pushFirst(item)
  }

  /** Wherever it stands. Its priority must be the one with which it was pushed. */
  remove(item: Item): void {
    this.#lines[item.priority].remove(item)
  }

  /** Whose turn is next. */
  get next(): Item | undefined {
    const priority = this.#turn()
    return priority === undefined ? undefined : this.#lines[priority].first
  }

  /** The first of the highest priority, whoever's turn it is. */
  get mostUrgent(): Item | undefined {
    return this.#lines[2].first ?? this.#lines[1].first ?? this.#lines[0].first
  }

  /** Takes an item out of its line because it has its turn. */
  serve(item: Item): void {
    const { priority } = item
    this.#lines[priority].remove(item)
    this.#passed[priority] = 0
    for (const lower of lowestFirst) {
      if (lower < priority && this.#lines[lower].first !== undefined) this.#passed[lower] += 1
    }
  }

  /** Takes out whose turn is next. */
  take(): Item | undefined {
    const item = this.next
    if (item !== undefined) this.serve(item)
    return item
  }

  #turn(): Priority | undefined {
    let highest: Priority | undefined
    let passedOver: Priority | undefined
    for (const priority of lowestFirst) {
      if (this.#lines[priority].first === undefined) continue
      highest = priority
      if (this.#passed[priority] >= mostPassed) passedOver = priority
    }
    return passedOver ?? highest
  }
}
