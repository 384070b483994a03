import { notCarried } from '../provider/contract/not-carried.ts'
import type { ChatRequest, EmbedRequest, Translation, VendorOptions } from '../provider/contract.ts'

/** Something that a dialect does not say as the request says it. */
export interface Loss {
  /** The place in the request: `messages[1].content[0]`, `seed`. */
  readonly field: string
  /** What becomes of it, or why it cannot be carried. */
  readonly what: string
}

/**
 * Watches over the writing of a request in another dialect, so that nothing is dropped in silence. What changes the
 * meaning of the answer is refused. What only shapes it, such as the range of a temperature or a wish about a cache, is
 * approximated: told, and refused where the route forbids it.
 */
export class Carriage {
  readonly #dialect: string
  readonly #translation: Translation | undefined

  /** `dialect` is the format's name for people: "Anthropic's messages". */
  constructor(dialect: string, translation?: Translation) {
    this.#dialect = dialect
    this.#translation = translation
  }

  /** Throws `unsupported`, with the field. `what` completes "messages[0] is …", `remedy` is what the caller can do. */
  refuse(field: string, what: string, remedy = 'leave it out'): void {
    const message = `${field} is ${what}, which ${this.#dialect} cannot carry; ${remedy}, or route to another upstream`
    throw notCarried(message, { details: { field } })
  }

  /** Throws `unsupported` where approximations are forbidden. `what` is what becomes of the field: "left out". */
  approximate(field: string, what: string): void {
    if (this.#translation === undefined) return
    if (this.#translation.approximations === 'allow') {
      this.#translation.approximated(field, what)
      return
    }
    const message = `${field} would be ${what} in ${this.#dialect}, and the route forbids approximations; leave it out, or route to another upstream`
    throw notCarried(message, { details: { field } })
  }

  /** Tells that options of other vendors than these are left out. `field` is the place of the part that has them. */
  options(field: string, options: VendorOptions | undefined, vendors: readonly string[]): void {
    for (const vendor in options) {
      if (!vendors.includes(vendor)) this.approximate(`${field}.options.${vendor}`, 'left out')
    }
  }

  /** For a request whose `native` is not sent: refuses what only that form says. */
  unread({ unread }: Pick<ChatRequest | EmbedRequest, 'unread'>): void {
    for (const { field, hint } of unread ?? []) {
      if (hint === true) this.approximate(field, 'left out')
      else this.refuse(field, "a field of the caller's own format")
    }
  }
}

/** Lists what a dialect refuses and approximates, and goes on after each. For tests and for `explain`. */
export class ListingCarriage extends Carriage {
  readonly refused: Loss[] = []
  readonly approximated: Loss[] = []

  override refuse(field: string, what: string): void {
    this.refused.push({ field, what })
  }

  override approximate(field: string, what: string): void {
    this.approximated.push({ field, what })
  }
}
