import type { GateReading } from './reading-value.ts'

export interface ComparedReadings {
  readonly candidate: GateReading
  readonly stable: GateReading | undefined
  /** Whether the rates are those that the whole traffic would give. */
  readonly isOfAllTraffic: boolean
}

/**
 * Events of two revisions, such as crashes, are counted for the part of the traffic that each of them had. Here each rate
 * becomes the one that all of their traffic would give, so that the two can be compared. Other readings stay as they are,
 * and so do all where no split of the traffic is known. `share` is the candidate's part, from 0 to 1.
 */
export function ofAllTraffic(
  candidate: GateReading,
  stable: GateReading | undefined,
  share: number | undefined,
): ComparedReadings {
  if (candidate.kind !== 'events' || stable?.kind !== 'events' || !isSplit(share)) {
    return { candidate, stable, isOfAllTraffic: false }
  }
  return {
    candidate: { ...candidate, exposureMs: candidate.exposureMs * share },
    stable: { ...stable, exposureMs: stable.exposureMs * (1 - share) },
    isOfAllTraffic: true,
  }
}

/** Whether both revisions get traffic. */
export function isSplit(share: number | undefined): share is number {
  return share !== undefined && share > 0 && share < 1
}
