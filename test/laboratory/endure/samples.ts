/** What must not grow while requests come and go. */
export interface Sample {
  readonly minute: number
  readonly heapMb: number
  /** How many there are of each: sockets, timers, and what is under way. */
  readonly counts: Readonly<Record<string, number>>
}

export interface Verdict {
  readonly law: string
  readonly holds: boolean
  readonly seen: string
}

/** How much the heap may grow while it is judged. Less than a request that is remembered would need. */
const mostGrowthMb = 4

/** Judges all samples but those of the first quarter, in which code is compiled and pools fill. */
export function judge(all: readonly Sample[]): readonly Verdict[] {
  const samples = all.slice(Math.floor(all.length / 4))
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || samples.length < 4)
    return [{ law: 'the run is long enough to be judged', holds: false, seen: `${samples.length} samples` }]
  const perMinute = slopeOf(samples)
  const growthMb = perMinute * (last.minute - first.minute)
  const heap = {
    law: `the heap grows by less than ${mostGrowthMb} MB`,
    holds: growthMb < mostGrowthMb,
    seen: `${growthMb.toFixed(2)} MB, ${perMinute.toFixed(3)} MB a minute`,
  }
  return [heap, ...Object.keys(first.counts).map((name) => isFlat(samples, name))]
}

/** Whether there are about as many in the second half as in the first. */
function isFlat(samples: readonly Sample[], name: string): Verdict {
  const half = Math.ceil(samples.length / 2)
  const before = mean(samples.slice(0, half), ({ counts }) => counts[name] ?? Number.NaN)
  const after = mean(samples.slice(half), ({ counts }) => counts[name] ?? Number.NaN)
  return {
    law: `${name} stay flat`,
    holds: after <= before * 1.2 + 5,
    seen: `${before.toFixed(1)} in the first half and ${after.toFixed(1)} in the second`,
  }
}

function mean(samples: readonly Sample[], of: (sample: Sample) => number): number {
  return samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
}

/** The slope of the heap by least squares, in MB a minute. */
function slopeOf(samples: readonly Sample[]): number {
  const minute = mean(samples, (sample) => sample.minute)
  const heap = mean(samples, (sample) => sample.heapMb)
  const shared = mean(samples, (sample) => (sample.minute - minute) * (sample.heapMb - heap))
  return shared / mean(samples, (sample) => (sample.minute - minute) ** 2)
}

export function lineOf({ minute, heapMb, counts }: Sample): string {
  return inColumns([minute.toFixed(1), heapMb.toFixed(1), ...Object.values(counts).map(String)])
}

export function headingOf({ counts }: Sample): string {
  return inColumns(['minute', 'heap MB', ...Object.keys(counts)])
}

function inColumns(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(10)).join('')
}
