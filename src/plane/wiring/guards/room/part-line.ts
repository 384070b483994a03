import type { Clock } from '../../../../clock.ts'
import type { Rate } from '../../../rates.ts'
import type { LoopHooks } from '../guarded-call.ts'
import { Bulkhead } from './bulkhead.ts'
import { Rooms } from './rooms.ts'
import { TokenBucket } from './token-bucket.ts'
import { Turns } from './turns.ts'

/** What limits the loop's calls at one part. */
export interface PartLine {
  readonly bulkhead: Bulkhead
  /** Those that wait in the line. */
  readonly turns: Turns
  /** Room for what the loop sends. */
  readonly rooms: Rooms
}

export interface PartLineOptions {
  readonly clock: Clock
  /** How many deployments may have calls under way. */
  readonly concurrency: number
  /** How many calls may be made. Left out: any number. */
  readonly rate?: Rate | undefined
  readonly hooks: LoopHooks
}

export function makePartLine({ clock, concurrency, rate, hooks }: PartLineOptions): PartLine {
  const bulkhead = new Bulkhead(concurrency, rate && new TokenBucket(clock, rate))
  return { bulkhead, turns: new Turns(bulkhead, hooks), rooms: new Rooms(bulkhead, hooks) }
}
