import type { PlaneFault } from '../../../../../src/plane/health.ts'
import type { Rates } from '../../../../../src/plane/rates.ts'
import {
  createGuardedParts,
  type GuardedParts,
} from '../../../../../src/plane/wiring/guards/guarded-parts.ts'
import { makePartLine } from '../../../../../src/plane/wiring/guards/room/part-line.ts'
import { type Priority, priorities } from '../../../../../src/reconcile/priority.ts'
import type { Key } from '../../../../../src/resources/metadata.ts'
import { silentLogger } from '../../../../../src/telemetry/logger.ts'
import { createFakeClock, type FakeClock } from '../../../../../src/testing/fake-clock.ts'

export interface GuardScene {
  readonly clock: FakeClock
  readonly parts: GuardedParts
  /** The keys that were called back, in order. `all` stands for every deployment that failed. */
  readonly called: string[]
  /** The keys whose runs wait, each as often as it waits. */
  readonly aside: Key[]
  /** `failing target black: …` and `recovered target black: …` */
  readonly told: string[]
  readonly priorities: Map<Key, Priority>
}

export function guardScene(concurrency = 4, rates?: Rates): GuardScene {
  const clock = createFakeClock()
  const called: string[] = []
  const aside: Key[] = []
  const told: string[] = []
  const known = new Map<Key, Priority>()
  const parts = createGuardedParts({
    clock,
    logger: silentLogger,
    concurrency,
    rates,
    told: (event, { part, name, message }: PlaneFault) =>
      void told.push(
        `${event.slice('part-'.length)} ${part}${name === undefined ? '' : ` ${name}`}: ${message}`,
      ),
  })
  parts.limit(makePartLine)
  parts.connect({
    priorityOf: (key) => known.get(key) ?? priorities.drift,
    aside(key) {
      aside.push(key)
      return () => void aside.splice(aside.indexOf(key), 1)
    },
    callBack: (key) => called.push(key) > 0,
    callFirst: (key) => called.push(key) > 0,
    callBackFailed: () => void called.push('all'),
  })
  return { clock, parts, called, aside, told, priorities: known }
}

/** How a promise ended: its value, or the error's code and message. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: { code?: string; message: string }) => `${error.code}: ${error.message}`)
}

/** Whether a promise has settled by now. */
export async function settled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open')
  return (await Promise.race([promise.catch(() => {}), Promise.resolve(open)])) !== open
}
