import { mask } from '../spellings.ts'
import type { Secret } from './contract.ts'

/** A value that prints as `[secret]` in text, JSON and inspection. A clone of it is an empty object. */
export function secretOf(value: string): Secret {
  return Object.freeze(new HiddenText(value))
}

class HiddenText implements Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [Symbol.toPrimitive](): string {
    return mask
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return mask
  }
}
