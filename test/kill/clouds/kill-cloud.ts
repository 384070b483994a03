import { seededRandom } from 'modelspine/adapter'
import { type CloudName, clouds } from './clouds.ts'
import { type CloudRun, faultsOf, type KillMoment, playCloudKill } from './play-cloud-kill.ts'

export interface CloudKills {
  /** Which kills of the seed, from 1. */
  readonly numbers: readonly number[]
  readonly seed: number
  /** How many runs at the same time. They mostly wait. */
  readonly jobs: number
  readonly abortSignal: AbortSignal
}

export interface CloudKillResult {
  readonly passed: number
  readonly failed: number
  readonly killed: number
}

export function isCloud(name: string): name is CloudName {
  return Object.hasOwn(clouds, name)
}

export const cloudNames: readonly string[] = Object.keys(clouds)

/**
 * Kills a plane over a simulated cloud at random moments, and lets it live again. Each run must have the same end as one
 * without a kill: the same is there, nothing was made twice, and nothing is left over.
 */
export async function killCloud(
  name: CloudName,
  { numbers, seed, jobs, abortSignal }: CloudKills,
): Promise<CloudKillResult> {
  console.log(`${numbers.length} kills, seed ${seed}: a plane over ${name}, which a simulator plays`)
  const calm = await playCloudKill(name, undefined, abortSignal)
  console.log(`without a kill: ${calm.requests} requests, ${calm.mutations} of them mutations`)
  const waiting = [...numbers]
  const failed: number[] = []
  let [done, killed] = [0, 0]
  const work = async (): Promise<void> => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
      if (abortSignal.aborted) return
      const startedMs = performance.now()
      const moment = momentOf(seed, number, calm)
      const run = await playCloudKill(name, moment, abortSignal).catch((error: Error) => error)
      const faults = run instanceof Error ? [run.message] : faultsOf(run, calm)
      const isKilled = !(run instanceof Error) && run.killed
      done += 1
      if (isKilled) killed += 1
      if (faults.length > 0) failed.push(number)
      const verdict = faults.length > 0 ? 'FAILED' : isKilled ? 'ok' : 'ok, but it ended before'
      const tookS = ((performance.now() - startedMs) / 1000).toFixed(1)
      const { counted, count, delayMs } = moment
      console.log(`${String(number).padStart(3)} ${verdict} ${tookS} s  ${counted} ${count} + ${delayMs} ms`)
      for (const fault of faults) console.log(`      ${fault.replaceAll('\n', '\n        ')}`)
    }
  }
  // A calm run with a fault judges all others.
  for (const fault of faultsOf(calm, calm)) throw new Error(`the run without a kill: ${fault}`)
  await Promise.all(Array.from({ length: jobs }, work))
  const left = numbers.length - done
  const again = failed.map(
    (number) => `npm run test:kill -- --vendor ${name} --seed ${seed} --only ${number}`,
  )
  if (failed.length > 0) console.log(`again: ${again.join('\n       ')}`)
  if (left > 0) console.log(`${left} kills were not begun: the time was over, or it was interrupted`)
  return { passed: done - failed.length, failed: failed.length + left, killed }
}

/** Half of the kills hit around a mutation, before or after its answer. A killed run may need fewer requests. */
function momentOf(seed: number, number: number, calm: CloudRun): KillMoment {
  const random = seededRandom(seed * 7919 + number)
  const counted = number % 2 === 0 ? 'request' : 'mutation'
  const most = 0.8 * (counted === 'request' ? calm.requests : calm.mutations)
  return {
    counted,
    count: 1 + Math.floor(random() * most),
    delayMs: Math.floor(random() * (counted === 'request' ? 40 : 8)),
  }
}
