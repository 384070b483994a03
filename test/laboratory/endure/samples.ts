/** What must not grow while requests come and go. */
export interface Sample {
  readonly minute: number
  readonly heapMb: number
  readonly sockets: number
  readonly timers: number
  /** Requests under way at the gateways, and calls under way at their upstreams. */
  readonly requests: number
  readonly calls: number
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
  return [heap, ...(['sockets', 'timers', 'requests', 'calls'] as const).map((name) => isFlat(samples, name))]
}

/** Whether there are about as many in the second half as in the first. */
function isFlat(samples: readonly Sample[], name: 'sockets' | 'timers' | 'requests' | 'calls'): Verdict {
  const half = Math.ceil(samples.length / 2)
  const before = mean(samples.slice(0, half), (sample) => sample[name])
  const after = mean(samples.slice(half), (sample) => sample[name])
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

export function lineOf({ minute, heapMb, sockets, timers, requests, calls }: Sample): string {
  const cells = [minute.toFixed(1), heapMb.toFixed(1), sockets, timers, requests, calls]
  return cells.map((cell) => String(cell).padStart(9)).join('')
}

export const heading: string = ['minute', 'heap MB', 'sockets', 'timers', 'requests', 'calls']
  .map((cell) => cell.padStart(9))
  .join('')
