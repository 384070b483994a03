import type { Clock } from '../clock.ts'

/**
 * `ms` plus or minus a random part of at most `share`, so that keys that started together do not come back
 * together. Default ± 10 %.
 */
export function jittered(ms: number, clock: Clock, share = 0.1): number {
  return ms * (1 + share * (2 * clock.random() - 1))
}
