import { setTimeout as pause } from 'node:timers/promises'
import { ask, type Form, inWords, type Received } from './asking.ts'
import { type FaultWorld, routeOf } from './fault-world.ts'
import { type FaultName, faults } from './faults.ts'
import type { CallEnd, Laboratory } from './laboratory.ts'

/** What a fault did to its caller and its upstream, as the table of faults says it. */
export interface Outcome {
  readonly caller: string
  /** How long the answer took by the clock. */
  readonly took: string
  /** What the upstream that misbehaves saw. */
  readonly upstream: string
  /** What was billed of each call of the caller. */
  readonly billed: string
}

/** The time between the calls of a fault that changes. */
const betweenMs = 30_000
/** How far the clock goes at once. Every limit is a multiple of it. */
const stepMs = 1000
/** By the machine's clock: how late the upstream may see the end of a call. */
const lateMs = 10_000

/** One caller meets the fault. When the fault changes with time, the caller asks three times. */
export async function playFault(
  world: FaultWorld,
  form: Form,
  name: FaultName,
  fallback: boolean,
): Promise<Outcome> {
  const { sick, well, clock, bills } = world
  // A connection that served before is for this fault only.
  sick.hangUp()
  await settle()
  if (name === 'reset-when-used') await meet(world, form, routeOf('none', false))
  sick.forget()
  well.forget()
  bills.forget()
  const callers: string[] = []
  const times: string[] = []
  for (let call = 0; call < (faults[name].changes === true ? 3 : 1); call += 1) {
    if (call > 0) await clock.advance(betweenMs)
    const { received, tookMs } = await meet(world, form, routeOf(name, fallback))
    callers.push(inWords(form, received))
    times.push(tookMs === 0 ? 'at once' : `${tookMs / 1000} s`)
  }
  await untilOver([sick, well])
  return {
    caller: callers.join('; then '),
    took: [...new Set(times)].join(', '),
    upstream: seen(sick.ends),
    billed: bills.of.join('; then '),
  }
}

async function meet(
  world: FaultWorld,
  form: Form,
  route: string,
): Promise<{ readonly received: Received; readonly tookMs: number }> {
  const { url, agent, clock, sick, well } = world
  const begunAt = clock.monotonic()
  let tookMs: number | undefined
  const received = ask(url, agent, form, route).finally(() => {
    tookMs = clock.monotonic() - begunAt
  })
  // A failure is thrown below.
  received.catch(() => {})
  let fired: number | undefined
  while (tookMs === undefined) {
    if (sick.pausing + well.pausing === 0) await settle(1)
    else if (fired !== world.timersFired) {
      fired = world.timersFired
      await settle()
    } else await clock.advance(stepMs)
  }
  return { received: await received, tookMs }
}

/** Lets everything happen that needs no time. All connections are inside this process. */
async function settle(turns = 400): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Gives calls time to end. The ends of those that nobody ends stay undefined. A closed connection ends late when another
 * thread is just starting a process: until that runs its program, it holds all connections of this process as well.
 */
async function untilOver(laboratories: readonly Laboratory[]): Promise<void> {
  const begunAt = performance.now()
  while (laboratories.some(({ ends }) => ends.includes(undefined)) && performance.now() - begunAt < lateMs)
    await pause(1)
}

function seen(ends: readonly (CallEnd | undefined)[]): string {
  const count = ends.length === 1 ? '1 call' : `${ends.length} calls`
  const left = ends.filter((end) => end === 'left').length
  const open = ends.filter((end) => end === undefined).length
  return [count, left > 0 && 'closed by the gateway', open > 0 && `${open} STILL OPEN`]
    .filter((part) => part !== false)
    .join(', ')
}
