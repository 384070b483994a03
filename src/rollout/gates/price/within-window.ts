import { nextTurn } from '../../../clock.ts'
import type { AnalysisGate } from '../../../resources/deployment/model-deployment.ts'
import { testFor } from '../choose-test.ts'
import { type Sought, typicalSamples } from './samples-to-see.ts'

/** How many times the typical samples it takes for the usual power, where runs have not told it. */
const usualTimes = 2
/** Halvings of the searched excess, which reaches over several powers of ten: enough for two digits. */
const halvings = 14
/** Ever larger differences are tried, up to this many times the one that is to be seen. */
const mostTimes = 64

/** How many times the typical samples the runs took. The same number serves for other differences and weights, nearly. */
function timesTypical(sought: Sought, found: number): number {
  return Number.isFinite(found) ? found / typicalSamples(sought) : usualTimes
}

/**
 * The smallest difference that is seen with so many samples, from the stable revision or from the bound. `found` is how
 * many the runs took for the difference of `sought`. Undefined when no difference is seen that can be.
 */
export async function seenWithin(
  sought: Sought,
  found: number,
  samples: number,
): Promise<number | undefined> {
  const { draws, compares, options } = sought
  const { margin, detect } = options.aim
  const start = compares ? draws.stable + margin : margin
  const times = timesTypical(sought, found)
  const choose = testFor(options)
  const isSeen = async (excess: number): Promise<boolean> => {
    const candidate = start + excess
    if (candidate >= draws.most) return true
    await nextTurn()
    return typicalSamples({ ...sought, candidate }, choose) * times <= samples
  }
  const limit = draws.most - start
  const wanted = detect - margin
  let enough = wanted
  while (!(await isSeen(enough))) {
    enough *= 2
    if (enough > mostTimes * wanted) return undefined
  }
  let few = enough / (2 * mostTimes)
  for (let step = 0; step < halvings; step += 1) {
    const middle = Math.sqrt(few * enough)
    if (await isSeen(middle)) enough = middle
    else few = middle
  }
  if (enough >= limit * 0.999) return undefined
  return (compares ? margin : 0) + enough
}

/** The number of times differs a little from weight to weight. */
const spare = 1.15
const triedWeights = [1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100]

/** What comes in the time that there is, and what the gate wants at least, by the candidate's part of the traffic. */
export interface Given {
  given(share: number): number
  least(share: number): number
}

/** The smallest usual weight above the given one with which the time is long enough. */
export async function weightToSee(
  sought: Sought,
  found: number,
  weight: number,
  { given, least }: Given,
): Promise<number | undefined> {
  const { compares } = sought
  const times = timesTypical(sought, found)
  // With half of the traffic a comparison is at its best.
  const most = compares ? 50 : 100
  for (const tried of triedWeights.filter((each) => each > weight && each <= most)) {
    await nextTurn()
    const share = tried / 100
    const options = { ...sought.options, share }
    const needed = Math.max(typicalSamples({ ...sought, options }) * times * spare, least(share))
    if (needed <= given(share)) return tried
  }
  return undefined
}

/**
 * So many samples until each revision that is read has the gate's `minSamples`: of both together where the gate compares,
 * and of the candidate otherwise.
 */
export function leastSamples({ minSamples, pass }: AnalysisGate, share: number): number {
  return 'noWorseThan' in pass ? minSamples / Math.min(share, 1 - share) : minSamples
}
