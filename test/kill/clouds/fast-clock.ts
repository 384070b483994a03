import { type Clock, systemClock } from 'modelspine/adapter'

/** A clock that runs faster. Processes that are given the same speed have the same time. */
export function fastClock(speed: number): Clock {
  return {
    now: () => Math.round(Date.now() * speed),
    monotonic: () => performance.now() * speed,
    schedule: (delayMs, run, keepAlive) => systemClock.schedule(delayMs / speed, run, keepAlive),
    random: systemClock.random,
    id: systemClock.id,
  }
}
