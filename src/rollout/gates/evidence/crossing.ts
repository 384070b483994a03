/** What is known of evidence that grows with x, nearly in proportion. */
export interface Search {
  /** Here the evidence is not enough. */
  readonly from: number
  /** Here it is taken to be enough. */
  readonly to: number
  /** Where it may become enough, and how fast it may grow there. A bad guess only takes longer. */
  readonly guess: number
  readonly slope: number
}

/** Later guesses are halvings, which always lead to the end. */
const mostGuesses = 6
const mostSteps = 60

/** An x at which the evidence is enough, and which is at most a part `tolerance` above the least such x. */
export function crossingOf(
  evidence: (x: number) => number,
  enough: number,
  { from, to, guess, slope }: Search,
  tolerance: number,
): number {
  let [few, many, x, rise] = [from, to, guess, slope]
  let isFar = false
  let last: { readonly x: number; readonly excess: number } | undefined
  for (let step = 0; step < mostSteps && many - few > tolerance * many; step += 1) {
    if (x >= many) {
      // What does not grow towards enough may never be enough. Then the end of the range tells.
      x = isFar ? many * (1 - tolerance / 2) : 4 * few
      isFar = true
    }
    if (step >= mostGuesses || !(x > few && x < many)) x = few > 0 ? Math.sqrt(few * many) : many / 2
    const excess = evidence(x) - enough
    if (excess > 0) many = x
    else few = x
    if (last !== undefined) {
      const [here, there] = x > last.x ? [excess, last.excess] : [last.excess, excess]
      rise = here > there ? (here - there) / Math.abs(x - last.x) : 0
    }
    last = { x, excess }
    // A little beyond the place where it should become enough, so that this place lies between the last two guesses.
    x = (x - excess / rise) * (1 + (excess > 0 ? -tolerance : tolerance) / 4)
  }
  return many
}
