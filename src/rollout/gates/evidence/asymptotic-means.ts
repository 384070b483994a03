import type { Aim, Comparison } from './comparison.ts'
import { logNormalCdf } from './normal.ts'
import type { Moments } from './sample.ts'

/**
 * From this many samples on, their spread is taken as the true spread. With fewer samples, chance would judge a skewed
 * metric, such as a latency, too early one time in three.
 */
const knownSpread = 64

/** The natural logarithm of the evidence at which the sequence is tightest: a small rate of false alarms. */
const wantedEvidence = 4

/**
 * Values that are all equal tell no spread. Then other values are taken to be at most a hundred times as far as the mean that is
 * claimed. If it were true, more than one sample in a hundred would be such a value.
 */
const unseenShare = -Math.log(1 - 1 / 100)

/**
 * How much wider values are taken to spread where few samples may have missed rare large ones. The sums do not tell the
 * skew, but the skew of metrics grows with their relative spread. The factor was found by trying log-normal values:
 * `npm run bench -- skew`.
 */
const tail = 15
const widestTail = 8

/**
 * Compares means of values without known bounds, by the one-sided normal mixture of Robbins. It holds for many samples
 * only: the spread is estimated, and means are taken as normal. Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
 * "Time-uniform central limit theory and asymptotic confidence sequences" (2024), theorem 2.2 and section 3.
 */
export function compareMeans(candidate: Moments, stable: Moments, aim: Aim): Comparison {
  const known = candidate.count >= knownSpread && stable.count >= knownSpread
  const difference = candidate.sum / candidate.count - stable.sum / stable.count
  const samples = candidate.count + stable.count
  // Of a skewed metric, few samples without a rare large value have a low mean and a low variance at once. So neither
  // revision's variance is taken to be below the other's, which may have met such values.
  const each = Math.max(varianceOf(candidate), varianceOf(stable))
  // The variance of the difference, for one sample of both revisions together.
  const variance = samples * (each / candidate.count + each / stable.count)
  const spread = known ? variance : Number.NaN
  return compare(difference, samples, { above: spread, below: spread }, aim)
}

/**
 * Compares a mean with a constant, in the same way. There is no other revision that may have met rare large values. Without
 * them the measured mean lies too near to 0. So the claim that the true one is nearer to 0 than a constant takes more samples.
 */
export function compareMean(candidate: Moments, aim: Aim): Comparison {
  const { count, sum } = candidate
  const variance = count >= knownSpread ? varianceOf(candidate) : Number.NaN
  const mean = sum / count
  const relative = mean === 0 ? widestTail : Math.min(widestTail, variance / (mean * mean))
  const wider = variance * (1 + (tail * relative) / Math.sqrt(count))
  return compare(mean, count, { above: mean < 0 ? wider : variance, below: mean < 0 ? variance : wider }, aim)
}

function varianceOf({ count, sum, sumSquares }: Moments): number {
  return Math.max(0, sumSquares - (sum * sum) / count) / (count - 1)
}

/** The variance of one sample, for each of both claims. */
interface Variances {
  readonly above: number
  readonly below: number
}

function compare(difference: number, samples: number, { above, below }: Variances, aim: Aim): Comparison {
  return {
    difference,
    spread: Math.sqrt(Math.max(above, below) / samples),
    above: (margin) => excess(difference - margin, samples, above, aim),
    below: (margin) => excess(margin - difference, samples, below, aim),
  }
}

function excess(by: number, samples: number, variance: number, aim: Aim): number {
  if (Number.isNaN(variance)) return Number.NEGATIVE_INFINITY
  if (variance === 0) return by > 0 ? samples * unseenShare : Number.NEGATIVE_INFINITY
  const wanted = (aim.detect - aim.margin) / Math.sqrt(variance)
  const tightest = (2 * wantedEvidence) / (wanted * wanted)
  // Howard, Ramdas, McAuliffe and Sekhon (2021), proposition 3: the mixture that is tightest there.
  const mixed = Math.max(1, tightest / (2 * wantedEvidence + Math.log(1 + 2 * wantedEvidence)))
  // The spread around the claimed mean, not around the measured one. Samples that miss rare values have both wrong.
  const sum = (samples * by) / Math.sqrt(variance + by * by)
  const whole = samples + mixed
  return Math.log((4 * mixed) / whole) / 2 + (sum * sum) / (2 * whole) + logNormalCdf(sum / Math.sqrt(whole))
}
