const perObject = 32
const perMember = 16
const perValue = 8
const perString = 24
/** What is nested deeper, or contains itself, has no room. */
const deepest = 64

const ownMember = { enumerable: true, configurable: true, writable: true } as const

/** Copies values of JSON, and counts about how many bytes the copies take. */
export class RoomForCopies {
  #leftBytes: number

  constructor(bytes: number) {
    this.#leftBytes = bytes
  }

  get leftBytes(): number {
    return this.#leftBytes
  }

  /** Whether something had no room. What was copied since is not whole. */
  get isFull(): boolean {
    return this.#leftBytes < 0
  }

  take(bytes: number): void {
    this.#leftBytes -= bytes
  }

  copy(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') this.take(perString + 2 * value.length)
    else if (ArrayBuffer.isView(value)) return this.#copyView(value)
    else if (Array.isArray(value)) return this.#copyList(value, depth)
    else if (typeof value === 'object' && value !== null) return this.#copyMembers(value, depth)
    else this.take(perValue)
    return value
  }

  /** Most lists are numbers, which are copied at once. */
  #copyList(list: readonly unknown[], depth: number): unknown {
    this.take(perObject + perValue * list.length)
    if (this.isFull) return undefined
    if (list.every((each) => typeof each === 'number' || typeof each === 'boolean')) return list.slice()
    return this.#isTooDeep(depth) ? undefined : list.map((each) => this.copy(each, depth + 1))
  }

  #copyMembers(value: object, depth: number): unknown {
    this.take(perObject)
    if (this.#isTooDeep(depth)) return undefined
    const copied: Record<string, unknown> = {}
    for (const name of Object.keys(value)) {
      this.take(perMember + 2 * name.length)
      if (this.isFull) return undefined
      const member = (value as Record<string, unknown>)[name]
      if (member === undefined) continue
      const copy = this.copy(member, depth + 1)
      // A plain assignment to this name would set the prototype.
      if (name === '__proto__') Object.defineProperty(copied, name, { ...ownMember, value: copy })
      else copied[name] = copy
    }
    return copied
  }

  #copyView(view: ArrayBufferView): unknown {
    this.take(perObject + view.byteLength)
    return this.isFull ? undefined : structuredClone(view)
  }

  #isTooDeep(depth: number): boolean {
    if (depth >= deepest) this.#leftBytes = Number.NEGATIVE_INFINITY
    return this.isFull
  }
}
