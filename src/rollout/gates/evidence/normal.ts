/**
 * Logarithm of the standard normal distribution function. Abramowitz and Stegun, "Handbook of Mathematical Functions"
 * (1964), 7.1.26 near the middle (error below 2e-7), and the first terms of 26.2.12 far below it.
 */
export function logNormalCdf(z: number): number {
  if (z < -6) return (-z * z) / 2 - Math.log(-z) - Math.log(2 * Math.PI) / 2 + Math.log1p(-1 / (z * z))
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const tail =
    (t *
      (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
      Math.exp(-x * x)) /
    2
  return z < 0 ? Math.log(Math.max(tail, Number.MIN_VALUE)) : Math.log1p(-tail)
}
