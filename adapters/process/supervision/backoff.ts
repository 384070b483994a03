import type { Clock } from 'modelspine/adapter'

/**
 * The wait before a restart. The full wait doubles with every exit in a row. The result is a random value
 * between half of the full wait and the full wait.
 */
export function backoffMs(
  exits: number,
  { minMs, maxMs }: { minMs: number; maxMs: number },
  clock: Clock,
): number {
  const whole = Math.min(maxMs, minMs * 2 ** Math.min(exits - 1, 30))
  return Math.round(whole * (0.5 + clock.random() / 2))
}
