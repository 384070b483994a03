import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DeploymentStatus, Key } from 'modelspine'
import type { KillAt } from '../kill-plan.ts'

/** Reports that a point is passed. Does not return when the kill is due there. */
export type Reach = (point: string, key?: Key) => void

/** The place where a process was killed. The process writes it down right before the kill. */
export interface KilledAt {
  readonly point: string
  readonly key?: Key
  /** The phase of the deployment concerned, as it was stored last. */
  readonly phase: string
}

export interface ReachOptions {
  readonly folder: string
  /** The number of this process in the run, from 0. */
  readonly life: number
  readonly kill: KillAt | undefined
  /** The statuses that are known to be stored. */
  readonly known: ReadonlyMap<Key, DeploymentStatus>
}

export function killedFile(folder: string, life: number): string {
  return join(folder, `killed-${life}.json`)
}

export function createReach({ folder, life, kill, known }: ReachOptions): Reach & { end(): void } {
  const times = new Map<string, number>()
  let total = 0
  let lastKey: Key | undefined

  const die = (point: string, key = lastKey): never => {
    const phase = (key !== undefined && known.get(key)?.rollout.phase) || 'nothing stored'
    const killed: KilledAt = { point, phase, ...(key !== undefined && { key }) }
    writeFileSync(killedFile(folder, life), JSON.stringify(killed))
    process.kill(process.pid, 'SIGKILL')
    throw new Error('this process survived its own SIGKILL')
  }

  const reach = (point: string, key?: Key): void => {
    total += 1
    lastKey = key ?? lastKey
    const seen = (times.get(point) ?? 0) + 1
    times.set(point, seen)
    if (kill?.at === 'point' && kill.point === point && kill.nth === seen) die(point, key)
    if (kill?.at !== 'count' || kill.count !== total) return
    if (kill.delayMs === 0) die(`random after ${point}`, key)
    setTimeout(() => die(`random after ${point}`, key), kill.delayMs)
  }
  return Object.assign(reach, {
    /** The last chance for a kill that counts points and did not reach its count. */
    end: () => {
      if (kill?.at === 'count' && kill.count > total) die('the end')
    },
  })
}
