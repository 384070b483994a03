/** From here on the fraction needs fewer terms than the series, and loses no digits in the tail. */
const farOut = 3
/** Enough for the last digits on either side of it. */
const terms = 40

/**
 * Logarithm of the standard normal distribution function. Abramowitz and Stegun, "Handbook of Mathematical Functions"
 * (1964): the series 26.2.11 near the middle, and the continued fraction 26.2.14 far from it.
 */
export function logNormalCdf(z: number): number {
  const x = Math.abs(z)
  const logDensity = (-x * x - Math.log(2 * Math.PI)) / 2
  if (x >= farOut) {
    let fraction = x
    for (let term = terms; term > 0; term -= 1) fraction = x + term / fraction
    const logTail = logDensity - Math.log(fraction)
    return z < 0 ? logTail : Math.log1p(-Math.exp(logTail))
  }
  let [term, sum] = [z, z]
  for (let odd = 3; odd <= 2 * terms + 1; odd += 2) {
    term *= (z * z) / odd
    sum += term
  }
  return Math.log(0.5 + Math.exp(logDensity) * sum)
}
