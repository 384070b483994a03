import { isUtf8 } from 'node:buffer'
import { ModelspineError } from '../errors.ts'

/** What a JSON body may hold. */
export interface JsonLimits {
  /** How deep lists and objects may be nested. */
  readonly maxJsonDepth: number
  /** The most parts: texts, names of members, lists and objects. They are what costs. */
  readonly maxJsonParts: number
  /** The most values, numbers included. Empty lists and objects count twice. */
  readonly maxJsonValues: number
}

/**
 * How long a body takes to parse depends on what is in it, not on its length. With these limits, 8 MiB take less than a
 * tenth of a second.
 */
export const defaultJsonLimits: JsonLimits = {
  maxJsonDepth: 128,
  maxJsonParts: 50_000,
  maxJsonValues: 500_000,
}

const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
/** Makes a brace of a bracket. */
const braced = openBracket ^ openBrace

/** The text of a JSON body, ready to be parsed. Throws `bad-request` or `body-too-large`. */
export function jsonText(bytes: Uint8Array, limits: JsonLimits): string {
  checkJson(bytes, limits)
  if (!isUtf8(bytes)) throw new ModelspineError('bad-request', 'the body is not UTF-8')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/**
 * Throws `bad-request` or `body-too-large` when the JSON goes beyond a limit. One pass over the bytes, before anything is
 * parsed. JSON that is malformed is left to the parser: up to its fault, both read the same.
 */
export function checkJson(bytes: Uint8Array, limits: JsonLimits): void {
  let depth = 0
  let parts = 0
  let values = 1
  const { length } = bytes
  const { maxJsonDepth } = limits
  for (let at = 0; at < length; at += 1) {
    const byte = bytes[at] as number
    if (byte === quote) {
      parts += 1
      at = endOfString(bytes, at + 1)
    } else if (byte === comma) values += 1
    else if (byte < openBracket) continue
    else if ((byte | braced) === openBrace) {
      parts += 1
      values += 1
      depth += 1
      if (depth > maxJsonDepth) throw tooDeep(limits)
    } else if ((byte | braced) === closeBrace) depth -= 1
  }
  if (parts > limits.maxJsonParts) throw tooMany('parts', parts, 'maxJsonParts', limits)
  if (values > limits.maxJsonValues) throw tooMany('values', values, 'maxJsonValues', limits)
}

/** After so many bytes of a string, searching for its end costs less than reading on. */
const shortString = 64

/** The place of the quote that ends the string. */
function endOfString(bytes: Uint8Array, start: number): number {
  let from = start
  for (;;) {
    for (const until = from + shortString; from < until; from += 1) {
      const byte = bytes[from]
      if (byte === quote || byte === undefined) return from
      if (byte === backslash) from += 1
    }
    const found = bytes.indexOf(quote, from)
    if (found < 0) return bytes.length
    if (!isEscaped(bytes, found)) return found
    from = found + 1
  }
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(bytes: Uint8Array, place: number): boolean {
  let first = place
  while (bytes[first - 1] === backslash) first -= 1
  return (place - first) % 2 === 1
}

function tooDeep({ maxJsonDepth }: JsonLimits): ModelspineError {
  const message = `the body is nested deeper than the ${maxJsonDepth} levels allowed (maxJsonDepth)`
  return new ModelspineError('bad-request', message, { details: { maxJsonDepth } })
}

function tooMany(what: string, found: number, name: keyof JsonLimits, limits: JsonLimits): ModelspineError {
  const message = `the JSON of the body has ${found} ${what}, more than the ${limits[name]} allowed (${name})`
  return new ModelspineError('body-too-large', message, { details: { [name]: limits[name] } })
}
