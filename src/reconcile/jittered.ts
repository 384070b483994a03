import type { Clock } from '../clock.ts'

/** `ms` give or take `share` of it, so that what was started together does not come back together. Default ± 10 %. */
export function jittered(ms: number, clock: Clock, share = 0.1): number {
  return ms * (1 + share * (2 * clock.random() - 1))
}
