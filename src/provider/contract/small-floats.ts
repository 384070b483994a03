/** A floating-point format of 16 bits: a sign, an exponent, a fraction. Node 22 has none of them. */
export interface SmallFloat {
  readonly fractionBits: number
  readonly exponentBits: number
}

export const fp16: SmallFloat = { fractionBits: 10, exponentBits: 5 }
export const bf16: SmallFloat = { fractionBits: 7, exponentBits: 8 }

/** The number that 16 bits are. */
export function fromSmallFloat(bits: number, { fractionBits, exponentBits }: SmallFloat): number {
  const sign = bits & 0x8000 ? -1 : 1
  const most = 2 ** exponentBits - 1
  const exponent = (bits >> fractionBits) & most
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits
  if (exponent === most) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  const bias = 2 ** (exponentBits - 1) - 1
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias)
}

export function largestOf(form: SmallFloat): number {
  return fromSmallFloat(((2 ** form.exponentBits - 1) << form.fractionBits) - 1, form)
}

/**
 * The 16 bits of the nearest number, the even one of two. Undefined for a finite number that is beyond the format's
 * largest.
 */
export function toSmallFloat(value: number, { fractionBits, exponentBits }: SmallFloat): number | undefined {
  const infinity = (2 ** exponentBits - 1) << fractionBits
  if (Number.isNaN(value)) return infinity | (1 << (fractionBits - 1))
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size === Number.POSITIVE_INFINITY) return sign | infinity
  const least = 2 - 2 ** (exponentBits - 1)
  const exponent = Math.max(exponentOf(size), least)
  // A power of two divides without loss. The sum carries from the fraction into the exponent by itself.
  const steps = nearestEven(size / 2 ** (exponent - fractionBits))
  const bits = steps + ((exponent - least) << fractionBits)
  return bits >= infinity ? undefined : sign | bits
}

const scratch = new DataView(new ArrayBuffer(8))

/** The exponent of the power of two just below a number. */
function exponentOf(size: number): number {
  scratch.setFloat64(0, size)
  return ((scratch.getUint16(0) >> 4) & 0x7ff) - 1023
}

function nearestEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}
