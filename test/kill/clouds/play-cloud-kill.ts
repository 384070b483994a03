import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { twoLives } from '../staged/two-lives.ts'
import { type CloudName, clouds } from './clouds.ts'
import type { VictimOrders } from './orders.ts'
import type { CloudEnd } from './simulated-cloud.ts'

/** When the victim is killed: so long after its so-manieth request arrived, or its so-manieth mutation. */
export interface KillMoment {
  readonly counted: 'request' | 'mutation'
  readonly count: number
  readonly delayMs: number
}

export interface CloudRun extends CloudEnd {
  readonly killed: boolean
  readonly requests: number
  readonly mutations: number
}

const script = join(import.meta.dirname, 'victim.ts')
/** A run that is not at its end by then has failed. */
const limitMs = 180_000

/** Plays the victim's stages to their end, with one kill and one more life. Without a moment it is not killed. */
export async function playCloudKill(
  name: CloudName,
  moment?: KillMoment,
  abortSignal?: AbortSignal,
): Promise<CloudRun> {
  const folder = await mkdtemp(join(tmpdir(), 'modelspine-cloud-kill-'))
  const cloud = await clouds[name].start()
  const orders: VictimOrders = { folder, cloud: name, address: cloud.address }
  const lives = twoLives({ script, orders, limitMs, abortSignal })
  const seen = { request: 0, mutation: 0 }
  const arrived = (counted: KillMoment['counted']): void => {
    seen[counted] += 1
    if (moment?.counted === counted && seen[counted] === moment.count) lives.killIn(moment.delayMs)
  }
  cloud.onRequest = (changes) => {
    arrived('request')
    if (changes) arrived('mutation')
  }

  try {
    await lives.play()
    return { killed: lives.killed, requests: seen.request, mutations: seen.mutation, ...cloud.end() }
  } finally {
    lives.end()
    await cloud.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** What is wrong with a run, by what the calm run has. */
export function faultsOf(run: CloudRun, calm: CloudRun): readonly string[] {
  const twice = run.made.filter((entry, place) => run.made.indexOf(entry) !== place)
  const differs = (what: 'there' | 'made'): readonly string[] => {
    const [is, was] = [run[what], calm[what]].map((each) => JSON.stringify(each, null, 1))
    return is === was ? [] : [`${what} differs: it is ${is}, and without a kill it was ${was}`]
  }
  return [...run.faults, ...twice.map((entry) => `twice: ${entry}`), ...differs('there'), ...differs('made')]
}
