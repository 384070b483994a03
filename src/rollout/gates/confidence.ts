/**
 * How far the mean of `samples` samples may be from the true mean, however often the gate was read before. It
 * is the radius of a two-sided normal-mixture confidence sequence, divided by the sample count: Howard,
 * Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences" (2021),
 * equation 14. The radius holds at all counts at once with probability 1 − `alpha`, so a gate may be read
 * while it runs.
 *
 * `deviation` is the sub-Gaussian scale of one sample. It is 0.5 for values between 0 and 1, such as a
 * ratio's hits (Hoeffding). For other values it is the sample deviation. The bound is then asymptotic: do not
 * use it for a few samples.
 */
export function confidenceRadius(samples: number, deviation: number, alpha: number = defaultAlpha): number {
  if (samples <= 0) return Number.POSITIVE_INFINITY
  const mixed = samples + mixture
  return (deviation * Math.sqrt(mixed * Math.log(mixed / (mixture * alpha * alpha)))) / samples
}

/** One gate in twenty may be judged early by chance alone. */
const defaultAlpha = 0.05

/**
 * Makes the sequence tightest at some tens of samples, because a bad canary should be stopped at that size.
 */
const mixture = 16
