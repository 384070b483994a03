import { ModelspineError } from '../errors.ts'

/**
 * A length of time as people write it: a whole or decimal number and a unit, such as `500ms`, `30s`, `10m`,
 * `2h`, `1d`.
 */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

export function isDuration(text: string): text is Duration {
  return pattern.test(text)
}

/** The milliseconds of a duration. Throws `invalid-options` for a text that is not a duration. */
export function durationMs(duration: Duration): number {
  const match = pattern.exec(duration)
  const unit = units[match?.[2] ?? '']
  if (match === null || unit === undefined) {
    throw new ModelspineError(
      'invalid-options',
      `"${duration}" is not a duration: write a number and ms, s, m, h or d, such as 30s`,
    )
  }
  return Number(match[1]) * unit
}
