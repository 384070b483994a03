import { seededRandom } from '../../src/clock.ts'

/** Counts of one revision up to a look. */
export interface Counts {
  bad: number
  total: number
}

/** Says at a look whether the candidate is turned back. */
export type Judge = (candidate: Counts, stable: Counts, before: Counts) => boolean

export interface Race {
  readonly stable: number
  readonly candidate: number
}

/** What became of the runs of one race under one judge. */
export interface Outcome {
  /** The part of the runs in which the candidate was turned back. */
  readonly turnedBack: number
  /** Requests of a revision until then: half of the runs needed fewer. Infinity when fewer than half ended. */
  readonly median: number
}

export interface RaceOptions {
  readonly runs: number
  /** Requests of a revision. */
  readonly most: number
  /** Requests of a revision between two looks. */
  readonly every: number
  /** Requests of the stable revision before the step. */
  readonly before: number
}

/** Runs every judge over the same requests. */
export function race(
  { stable, candidate }: Race,
  judges: Readonly<Record<string, Judge>>,
  { runs, most, every, before }: RaceOptions,
): Readonly<Record<string, Outcome>> {
  const ended = new Map(Object.keys(judges).map((name) => [name, [] as number[]]))
  for (let run = 0; run < runs; run += 1) {
    const random = seededRandom(1000 + run)
    const earlier = { bad: 0, total: before }
    for (let request = 0; request < before; request += 1) if (random() < stable) earlier.bad += 1
    const [ours, theirs] = [
      { bad: 0, total: 0 },
      { bad: 0, total: 0 },
    ]
    const open = new Map(Object.entries(judges))
    for (let look = every; look <= most && open.size > 0; look += every) {
      for (let request = 0; request < 2 * every; request += 1) {
        const [counts, share] = random() < 0.5 ? [ours, candidate] : [theirs, stable]
        counts.total += 1
        if (random() < share) counts.bad += 1
      }
      if (ours.total === 0 || theirs.total === 0) continue
      for (const [name, judge] of open) {
        if (!judge(ours, theirs, earlier)) continue
        ended.get(name)?.push(look)
        open.delete(name)
      }
    }
  }
  return Object.fromEntries(
    [...ended].map(([name, looks]) => {
      const sorted = looks.sort((one, other) => one - other)
      const turnedBack = sorted.length / runs
      return [name, { turnedBack, median: sorted[Math.floor(runs / 2)] ?? Number.POSITIVE_INFINITY }]
    }),
  )
}
