import type { CellCounts, Moments, Sample } from '../evidence/sample.ts'

/**
 * Takes so many samples away: the worst ones that may be among them, or the best. Less is better. Where no more of that sort
 * are there, fewer are taken.
 */
export function samplesWithout(sample: Sample, count: number, sort: 'worst' | 'best'): Sample {
  if (count === 0) return sample
  switch (sample.kind) {
    case 'proportion': {
      const taken = Math.min(count, sort === 'worst' ? sample.bad : sample.total - sample.bad)
      return { ...sample, bad: sample.bad - (sort === 'worst' ? taken : 0), total: sample.total - taken }
    }
    case 'moments':
      return { ...sample, ...momentsWithout(sample, count, sort) }
    case 'cells':
      return { ...sample, counts: countsWithout(sample, count, sort) }
    case 'events':
      // No event is the best that can be within a time, so taking it away changes nothing.
      return sort === 'worst' ? { ...sample, events: Math.max(0, sample.events - count) } : sample
  }
}

/**
 * Sums do not tell which values there are, but how far from the mean so many of them are at most, together: √(count × the sum
 * of all squared distances), by Cauchy and Schwarz. The spread of the others is taken to be that of all.
 */
function momentsWithout(
  { count: all, sum, sumSquares }: Moments,
  count: number,
  sort: 'worst' | 'best',
): Moments {
  if (count >= all) return { count: all, sum, sumSquares }
  const mean = sum / all
  const squares = Math.max(0, sumSquares - all * mean * mean)
  const left = all - count
  const shift = Math.sqrt(count * squares) / left
  const rest = sort === 'worst' ? mean - shift : mean + shift
  return { count: left, sum: left * rest, sumSquares: left * (rest * rest + squares / all) }
}

function countsWithout({ counts }: CellCounts, count: number, sort: 'worst' | 'best'): readonly number[] {
  const rest = [...counts]
  let left = count
  for (let step = 0; step < rest.length && left > 0; step += 1) {
    const cell = sort === 'worst' ? rest.length - 1 - step : step
    const taken = Math.min(left, rest[cell] as number)
    rest[cell] = (rest[cell] as number) - taken
    left -= taken
  }
  return rest
}
