/** The chance of `hits` hits in `samples` samples. */
export function binomial(hits: number, samples: number, share: number): number {
  let chance = share ** hits * (1 - share) ** (samples - hits)
  for (let k = 1; k <= hits; k += 1) chance *= (samples - hits + k) / k
  return chance
}
