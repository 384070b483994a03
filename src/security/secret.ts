import type { Secret } from './contract.ts'

const shown = '[secret]'

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
    return shown
  }

  toJSON(): string {
    return shown
  }

  [Symbol.toPrimitive](): string {
    return shown
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return shown
  }
}
