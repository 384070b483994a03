import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { processTarget } from 'modelspine/adapters/process'
import { homesOf } from '../telling/homes.ts'

/** The places of all files that one run writes. */
export interface Home {
  readonly folder: string
  readonly store: string
  readonly audit: string
  readonly processes: string
  readonly platform: string
  readonly team: string
}

const homes = homesOf('mlflow-canary')

export function makeHome(): Home {
  const home = homeIn(homes.make())
  for (const folder of [home.platform, home.team]) mkdirSync(folder)
  return home
}

/** Stops the model servers that still run from this folder, and removes the folder. */
export async function leaveHome(home: Home): Promise<void> {
  const target = processTarget({ folder: home.processes, command: ['true', '{port}'] })
  try {
    await target.stopAll()
  } finally {
    await target.close()
    await rm(home.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * Calls `leaveHome` for earlier runs that were killed before they could do so. Returns how many there were. Their other
 * servers ended with them.
 */
export async function leaveHomesOfTheDead(): Promise<number> {
  const dead = homes.ofTheDead()
  for (const folder of dead) await leaveHome(homeIn(folder))
  return dead.length
}

function homeIn(folder: string): Home {
  return {
    folder,
    store: join(folder, 'state.db'),
    audit: join(folder, 'audit'),
    processes: join(folder, 'processes'),
    platform: join(folder, 'platform'),
    team: join(folder, 'team'),
  }
}
