/**
 * How far a mean of `samples` may be from the truth, however often one looked before: the radius of the two-sided
 * normal-mixture confidence sequence of Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric,
 * nonasymptotic confidence sequences" (2021), equation 14, divided by the sample count. It holds at all counts at
 * once with probability 1 − `alpha`, so that peeking at a running gate is safe.
 *
 * `deviation` is the sub-Gaussian scale of one sample: 0.5 for anything between 0 and 1 such as a ratio's hits
 * (Hoeffding), the sample deviation for others (then the bound is asymptotic: do not use it for a few samples).
 */
export function confidenceRadius(samples: number, deviation: number, alpha: number = defaultAlpha): number {
  if (samples <= 0) return Number.POSITIVE_INFINITY
  const mixed = samples + mixture
  return (deviation * Math.sqrt(mixed * Math.log(mixed / (mixture * alpha * alpha)))) / samples
}

/** One gate in twenty may be judged early by chance alone. */
const defaultAlpha = 0.05

/** Where the sequence is tightest, in samples: some tens, the size at which a canary should be stopped. */
const mixture = 16
