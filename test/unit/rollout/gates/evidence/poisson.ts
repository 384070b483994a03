/** The chance of `events` events where `mean` are expected. */
export function poisson(events: number, mean: number): number {
  let chance = Math.exp(-mean)
  for (let k = 1; k <= events; k += 1) chance *= mean / k
  return chance
}
