import { seededRandom } from '../../src/clock.ts'
import { drawBinomial } from '../../src/rollout/gates/price/draw-binomial.ts'
import { threshold } from '../gates/error-judges.ts'

export interface ThresholdLife {
  readonly turnedBack: boolean
  /** Requests that the candidate answered until then. */
  readonly met: number
}

const weights = [0.1, 0.25, 0.5]
/** As the loop looks at a step of three minutes. */
const looks = 20
const lookSeconds = 9

/** The same canary, whose errors a fixed threshold judges at each look: one point above stable, from 200 samples on. */
export function thresholdLife(
  seed: number,
  perSecond: number,
  { stable, candidate }: { readonly stable: number; readonly candidate: number },
): ThresholdLife {
  const random = seededRandom(seed)
  let met = 0
  for (const weight of weights) {
    const ours = { bad: 0, total: 0 }
    const theirs = { bad: 0, total: 0 }
    for (let look = 0; look < looks; look += 1) {
      const requests = perSecond * lookSeconds
      const given = drawBinomial(requests, weight, random)
      met += given
      ours.total += given
      ours.bad += drawBinomial(given, candidate, random)
      theirs.total += requests - given
      theirs.bad += drawBinomial(requests - given, stable, random)
      if (threshold(ours, theirs, theirs)) return { turnedBack: true, met }
    }
  }
  return { turnedBack: false, met }
}
