import { seededRandom } from '../../src/clock.ts'

/** What requests are measured by, and what comes of one request. */
export interface Course<Measured> {
  readonly start: () => Measured
  readonly meet: (measured: Measured, revision: 'candidate' | 'stable', random: () => number) => void
}

/** Says at a look whether the candidate is turned back. Both revisions were met by then, and stable also before. */
export type Judge<Measured> = (candidate: Measured, stable: Measured, before: Measured) => boolean

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
export function race<Measured>(
  { start, meet }: Course<Measured>,
  judges: Readonly<Record<string, Judge<Measured>>>,
  { runs, most, every, before }: RaceOptions,
): Readonly<Record<string, Outcome>> {
  const ended = new Map(Object.keys(judges).map((name) => [name, [] as number[]]))
  for (let run = 0; run < runs; run += 1) {
    const random = seededRandom(1000 + run)
    const earlier = start()
    for (let request = 0; request < before; request += 1) meet(earlier, 'stable', random)
    const [ours, theirs] = [start(), start()]
    let [toOurs, toTheirs] = [0, 0]
    const open = new Map(Object.entries(judges))
    for (let look = every; look <= most && open.size > 0; look += every) {
      for (let request = 0; request < 2 * every; request += 1) {
        if (random() < 0.5) {
          toOurs += 1
          meet(ours, 'candidate', random)
        } else {
          toTheirs += 1
          meet(theirs, 'stable', random)
        }
      }
      if (toOurs === 0 || toTheirs === 0) continue
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
