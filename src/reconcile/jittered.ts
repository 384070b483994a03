import type { Clock } from '../clock.ts'

/**
 * `ms`, longer or shorter by a random fraction of at most `share`, so that keys that started together do not
 * come back together. Default ± 10 %.
 */
export function jittered(ms: number, clock: Clock, share = 0.1): number {
  return ms * (1 + share * (2 * clock.random() - 1))
}
