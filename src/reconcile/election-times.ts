export interface ElectionTimes {
  readonly ttlMs: number
  readonly renewEveryMs: number
  readonly retryEveryMs: number
  readonly jitter: number
  readonly marginMs: number
}

/** Fills in the defaults. Throws TypeError for times with which a process could not keep the lease. */
export function electionTimes(given: Partial<ElectionTimes>): ElectionTimes {
  const { ttlMs = 15_000, retryEveryMs = 2_000, jitter = 1.2 } = given
  const { renewEveryMs = ttlMs / 3, marginMs = ttlMs / 3 } = given
  for (const [name, value] of Object.entries({ ttlMs, retryEveryMs, renewEveryMs })) {
    if (!(value > 0)) throw new TypeError(`${name} is ${value}: give more than 0 milliseconds`)
  }
  for (const [name, value] of Object.entries({ jitter, marginMs })) {
    if (!(value >= 0)) throw new TypeError(`${name} is ${value}: give at least 0`)
  }
  if (renewEveryMs + marginMs >= ttlMs) {
    throw new TypeError(
      `renewEveryMs ${renewEveryMs} and marginMs ${marginMs} must add up to less than ttlMs, which is ${ttlMs}`,
    )
  }
  return { ttlMs, renewEveryMs, retryEveryMs, jitter, marginMs }
}
