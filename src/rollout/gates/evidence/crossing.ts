/** What is known of evidence that grows with x, nearly in proportion. */
export interface Search {
  /** Here the evidence is not enough. */
  readonly from: number
  /** Here it is taken to be enough. */
  readonly to: number
  /** Where it may become enough, and how fast it may grow there. A bad guess only takes longer. */
  readonly guess: number
  readonly slope: number
  /** Whether the evidence is a convex function of the root of x, nearly. Then it lies below its chords, and fewer looks do. */
  readonly isConvexInRoot?: boolean
}

/** Later guesses are halvings, which always lead to the end. */
const mostGuesses = 6
const mostSteps = 60

/** An x at which the evidence is enough, and which is at most a part `tolerance` above the least such x. */
export function crossingOf(
  evidence: (x: number) => number,
  enough: number,
  { from, to, guess, slope, isConvexInRoot }: Search,
  tolerance: number,
): number {
  let few: Seen = { x: from, excess: Number.NaN }
  let many: Seen = { x: to, excess: Number.NaN }
  let [x, rise] = [guess, slope]
  let isFar = false
  let last: Seen | undefined
  for (let step = 0; step < mostSteps; step += 1) {
    const least = isConvexInRoot === true ? chordCrossing(few, many) : few.x
    if (many.x - least <= tolerance * many.x) break
    if (x >= many.x) {
      // What does not grow towards enough may never be enough. Then the end of the range tells.
      x = isFar ? many.x * (1 - tolerance / 2) : 4 * few.x
      isFar = true
    }
    if (step >= mostGuesses || !(x > few.x && x < many.x)) {
      x = few.x > 0 ? Math.sqrt(few.x * many.x) : many.x / 2
    }
    const excess = evidence(x) - enough
    const seen = { x, excess }
    if (excess > 0) many = seen
    else few = seen
    if (last !== undefined) {
      const [here, there] = x > last.x ? [excess, last.excess] : [last.excess, excess]
      rise = here > there ? (here - there) / Math.abs(x - last.x) : 0
    }
    last = seen
    // A little beyond the place where it should become enough, so that this place lies between the last two guesses.
    x = (x - excess / rise) * (1 + (excess > 0 ? -tolerance : tolerance) / 4)
  }
  return many.x
}

/** A place where evidence was looked at, and by how much it was more than enough. */
interface Seen {
  readonly x: number
  readonly excess: number
}

/** Where the chord between two places crosses what is enough, as a function of the root of x. The first one where it is not known. */
function chordCrossing(few: Seen, many: Seen): number {
  const part = few.excess / (few.excess - many.excess)
  if (Number.isNaN(part)) return few.x
  const begin = Math.sqrt(few.x)
  return (begin + part * (Math.sqrt(many.x) - begin)) ** 2
}
