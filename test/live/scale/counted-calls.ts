/** Times of calls, in milliseconds. */
export interface CallTimes {
  readonly times: number[]
}

/** The same part, whose named methods write down when they are called. */
export function countedCalls<Part extends object>(
  part: Part,
  methods: readonly (keyof Part & string)[],
): Part & CallTimes {
  const times: number[] = []
  const around = methods.map((name) => {
    const method = part[name] as (...told: readonly unknown[]) => unknown
    return [
      name,
      (...told: readonly unknown[]) => {
        times.push(performance.now())
        return method.apply(part, [...told])
      },
    ] as const
  })
  return Object.assign(Object.create(part) as Part, { ...Object.fromEntries(around), times })
}

/** The most calls in any window of so many milliseconds. */
export function mostWithin(times: readonly number[], windowMs: number): number {
  let most = 0
  let first = 0
  times.forEach((atMs, last) => {
    while ((times[first] ?? atMs) <= atMs - windowMs) first += 1
    most = Math.max(most, last - first + 1)
  })
  return most
}
