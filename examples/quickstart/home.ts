import { mkdirSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProcessTarget, processTarget } from 'modelspine/adapters/process'

/** The places of all files that one run writes. */
export interface Home {
  readonly folder: string
  readonly store: string
  readonly audit: string
  readonly registry: string
  readonly training: string
  readonly processes: string
}

const prefix = `modelspine-quickstart-${process.getuid?.() ?? 0}-`

/** Makes a folder for this run only, so that two runs at the same time do not disturb each other. */
export function makeHome(): Home {
  const home = homeIn(join(tmpdir(), `${prefix}${process.pid}`))
  mkdirSync(home.training, { recursive: true })
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
  const dead = readdirSync(tmpdir()).filter((name) => {
    const pid = Number(name.slice(prefix.length))
    // This process has not made a folder yet. A folder with its pid is from an earlier process with the same
    // pid.
    return name.startsWith(prefix) && (pid === process.pid || !isAlive(pid))
  })
  for (const name of dead) await leaveHome(homeIn(join(tmpdir(), name)))
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
