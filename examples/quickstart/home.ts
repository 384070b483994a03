import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ProcessTarget, processTarget } from 'modelspine/adapters/process'
import { homesOf } from '../telling/homes.ts'

/** The places of all files that one run writes. */
export interface Home {
  readonly folder: string
  readonly store: string
  readonly audit: string
  readonly registry: string
  readonly training: string
  readonly processes: string
}

const homes = homesOf('quickstart')

export function makeHome(): Home {
  const home = homeIn(homes.make())
  mkdirSync(home.training)
  return home
}

/** Stops the model servers that still run from this folder, and removes the folder. */
export async function leaveHome(home: Home): Promise<void> {
  const target = serversIn(home)
  try {
    await target.stopAll()
  } finally {
    await target.close()
    await rm(home.folder, { recursive: true, force: true })
  }
}

/**
 * Calls `leaveHome` for earlier runs that were killed before they could do so. Returns how many there were.
 */
export async function leaveHomesOfTheDead(): Promise<number> {
  const dead = homes.ofTheDead()
  for (const folder of dead) await leaveHome(homeIn(folder))
  return dead.length
}

/** The target that runs each revision of a model in its own process. */
export function serversIn(home: Home): ProcessTarget {
  return processTarget({
    folder: home.processes,
    command: [
      process.execPath,
      join(import.meta.dirname, 'model-server.ts'),
      '--model',
      '{model}',
      '--port',
      '{port}',
      '--name',
      '{name}',
    ],
    drainMs: 2000,
  })
}

function homeIn(folder: string): Home {
  return {
    folder,
    store: join(folder, 'state.db'),
    audit: join(folder, 'audit'),
    registry: join(folder, 'registry'),
    training: join(folder, 'training'),
    processes: join(folder, 'processes'),
  }
}
