/** A number of samples in each cell, and its chance. */
export interface Outcome {
  readonly counts: readonly number[]
  readonly chance: number
}

/** All ways in which `samples` samples can fall into cells that have these chances. */
export function outcomesOf(samples: number, chances: readonly number[]): readonly Outcome[] {
  let outcomes: readonly Outcome[] = [{ counts: chances.map(() => 0), chance: 1 }]
  for (let sample = 0; sample < samples; sample += 1) {
    const merged = new Map<string, Outcome>()
    for (const { counts, chance } of outcomes) {
      for (const [cell, part] of chances.entries()) {
        if (part === 0) continue
        const next = counts.map((count, index) => (index === cell ? count + 1 : count))
        const known = merged.get(String(next))?.chance ?? 0
        merged.set(String(next), { counts: next, chance: known + chance * part })
      }
    }
    outcomes = [...merged.values()]
  }
  return outcomes
}

/** The mean of what `evidence` gives over all outcomes of two revisions. It gives logarithms. */
export function meanEvidence(
  ours: readonly Outcome[],
  theirs: readonly Outcome[],
  evidence: (ours: readonly number[], theirs: readonly number[]) => number,
): number {
  let mean = 0
  for (const one of ours) {
    for (const other of theirs) {
      mean += one.chance * other.chance * Math.exp(evidence(one.counts, other.counts))
    }
  }
  return mean
}
