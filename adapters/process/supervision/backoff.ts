import type { Clock } from 'modelspine/adapter'

/**
 * The wait before a restart. It doubles with every exit in a row. At random, between half and the whole of it
 * is used.
 */
export function backoffMs(
  exits: number,
  { minMs, maxMs }: { minMs: number; maxMs: number },
  clock: Clock,
): number {
  const whole = Math.min(maxMs, minMs * 2 ** Math.min(exits - 1, 30))
  return Math.round(whole * (0.5 + clock.random() / 2))
}
