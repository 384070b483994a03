/** An entity's identity. Both texts are data: nothing in them is read as Cedar. */
export interface CedarUid {
  readonly type: string
  readonly id: string
}

export type CedarValue =
  | string
  | number
  | boolean
  | readonly CedarValue[]
  | { readonly [name: string]: CedarValue }

export interface CedarEntity {
  readonly uid: CedarUid
  readonly attrs: Readonly<Record<string, CedarValue>>
  readonly parents: readonly CedarUid[]
  /** Where names come from people: labels, metrics. A name of an attribute could be read as one of Cedar's escapes. */
  readonly tags: Readonly<Record<string, CedarValue>>
}

export function reference({ type, id }: CedarUid): CedarValue {
  return { __entity: { type, id } }
}

/** As a set, which has each text once. */
export function textSet(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)]
}

/** A number of JSON that Cedar reads as a Long, rounded up. What is no number becomes the largest. */
export function whole(value: number): number {
  const up = Math.ceil(value) + 0
  if (Number.isNaN(up)) return Number.MAX_SAFE_INTEGER
  return Math.min(Math.max(up, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
}

const digitsAfterPoint = 4
const unitsOfOne = 10n ** BigInt(digitsAfterPoint)
const least = -(2n ** 63n)
const most = 2n ** 63n - 1n

/**
 * The nearest decimals of Cedar below and above a finite number, taken as JSON would write it. Beyond the range of
 * decimals they are the ends of the range, so that each comparison with a decimal still holds as for the number.
 */
export function bounds(value: number): CedarValue {
  const [mantissa = '0', exponent = '0'] = String(Math.abs(value)).split('e')
  const [before = '0', after = ''] = mantissa.split('.')
  const digits = BigInt(before + after)
  const shift = Number(exponent) - after.length + digitsAfterPoint
  const divisor = shift < 0 ? 10n ** BigInt(-shift) : 1n
  const units = shift < 0 ? digits / divisor : digits * 10n ** BigInt(shift)
  const away = digits % divisor === 0n ? units : units + 1n
  return value < 0
    ? { low: decimal(-away), high: decimal(-units) }
    : { low: decimal(units), high: decimal(away) }
}

function decimal(wanted: bigint): CedarValue {
  const units = wanted < least ? least : wanted > most ? most : wanted
  const size = units < 0n ? -units : units
  const after = String(size % unitsOfOne).padStart(digitsAfterPoint, '0')
  return { __extn: { fn: 'decimal', arg: `${units < 0n ? '-' : ''}${size / unitsOfOne}.${after}` } }
}
