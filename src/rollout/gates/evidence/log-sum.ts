/** The logarithm of the sum of numbers that are given by their logarithms. Minus infinity for none. */
export function logSum(logarithms: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY
  for (const each of logarithms) if (each > largest) largest = each
  if (!Number.isFinite(largest)) return largest
  let sum = 0
  for (const each of logarithms) sum += Math.exp(each - largest)
  return largest + Math.log(sum)
}
