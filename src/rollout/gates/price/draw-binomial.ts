/** Below so many expected hits, or misses, the normal distribution is too coarse. */
const fewHits = 30

/** Draws how many of `samples` samples are hits. Exact for few hits, and by the normal distribution for many. */
export function drawBinomial(samples: number, share: number, random: () => number): number {
  if (share > 0.5) return samples - drawBinomial(samples, 1 - share, random)
  const mean = samples * share
  if (mean > fewHits) {
    const drawn = Math.round(mean + Math.sqrt(mean * (1 - share)) * drawNormal(random))
    return Math.max(0, Math.min(samples, drawn))
  }
  if (share <= 0) return 0
  // The gaps between hits are geometric.
  const gap = Math.log1p(-share)
  let hits = 0
  let at = Math.floor(Math.log(1 - random()) / gap)
  while (at < samples) {
    hits += 1
    at += 1 + Math.floor(Math.log(1 - random()) / gap)
  }
  return hits
}

/** A standard normal number, by Box and Muller. */
export function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
