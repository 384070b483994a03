import type { Position } from '../files/yaml-positions.ts'
import { type FieldPath, formatPath, valueAt } from '../problems/field-path.ts'
import type { CarriedField, LeftField } from './moved.ts'
import { shownValue } from './secret-values.ts'

/** Why a field is left, and what to do in its place. */
export type Reason = readonly [reason: string, instead?: string]

/**
 * Books what becomes of each field of a config. At the end, what nobody booked is left, so that no field is forgotten
 * because nobody thought of it.
 */
export class Ledger {
  readonly #carried = new Map<string, CarriedField>()
  readonly #left = new Map<string, LeftField>()
  /** The paths that are booked, and those above them. */
  readonly #booked = new Set<string>()
  readonly #above = new Set<string>()
  readonly #root: unknown
  readonly #locate: ((path: FieldPath) => Position) | undefined

  constructor(root: unknown, locate?: (path: FieldPath) => Position) {
    this.#root = root
    this.#locate = locate
  }

  /** The field, with all that is below it, went into the result. The first place is told. */
  carry(path: FieldPath, to: string): void {
    const text = this.#book(path)
    if (!this.#carried.has(text)) this.#carried.set(text, { path: text, to })
  }

  /** The field is left, or it does not mean quite the same. A field may be carried and left. */
  leave(path: FieldPath, [reason, instead]: Reason): void {
    const text = this.#book(path)
    const place = this.#locate?.(path)
    const value = shownValue(valueAt(this.#root, path), path)
    this.#left.set(`${text}\n${reason}`, {
      path: text,
      ...place,
      ...(value !== undefined && { value }),
      reason,
      ...(instead !== undefined && { instead }),
    })
  }

  isBooked(path: FieldPath): boolean {
    return this.#booked.has(formatPath(path))
  }

  /**
   * Leaves what is not booked, each with its reason, and gives all in the order of the config. An object of which nothing
   * is booked is told once, unless it is a section, whose fields have reasons of their own.
   */
  close(
    reasonFor: (path: FieldPath) => Reason,
    isSection: (path: FieldPath) => boolean,
  ): {
    readonly carried: readonly CarriedField[]
    readonly left: readonly LeftField[]
  } {
    const ranks = new Map<string, number>()
    const visit = (value: unknown, path: FieldPath, covered: boolean): void => {
      const text = formatPath(path)
      ranks.set(text, ranks.size)
      const below = covered || this.#booked.has(text)
      const children = entriesOf(value)
      const opened = children.length > 0 && (path.length === 0 || this.#above.has(text) || isSection(path))
      if (!below && !opened) {
        this.leave(path, reasonFor(path))
        for (const [step, child] of children) visit(child, [...path, step], true)
      } else for (const [step, child] of children) visit(child, [...path, step], below)
    }
    visit(this.#root, [], false)
    const rank = (path: string): number => ranks.get(path) ?? Number.POSITIVE_INFINITY
    const inOrder = (one: { path: string }, other: { path: string }): number => {
      const [left, right] = [rank(one.path), rank(other.path)]
      return left === right ? 0 : left - right
    }
    return {
      carried: [...this.#carried.values()].sort(inOrder),
      left: [...this.#left.values()].sort(inOrder),
    }
  }

  #book(path: FieldPath): string {
    const text = formatPath(path)
    this.#booked.add(text)
    for (let length = path.length - 1; length > 0; length -= 1)
      this.#above.add(formatPath(path.slice(0, length)))
    return text
  }
}

function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()]
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}
