import { spawn } from 'node:child_process'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  identityOf,
  isOfThisBoot,
  mayBeAlive,
  numberInUse,
  type ProcessIdentity,
} from '../../shared/process-identity.ts'
import { readJson, writeJson } from '../state/json-file.ts'
import { claimVoid } from './process-claim.ts'
import { shim } from './shim.ts'

/** The intent of one start. It is written before the process exists. */
export interface Intent {
  readonly port: number
  /** Exits in a row before this start. */
  readonly exits: number
}

const intentFile: z.ZodType<Intent> = z.object({ port: z.int(), exits: z.int() })

/** One process of a revision, started by this parent or by an earlier parent. */
export interface ProcessRun {
  readonly folder: string
  readonly intent: Intent
  readonly identity: ProcessIdentity
  isAlive(): Promise<boolean>
  /** Sends a signal to the process and to all processes that it started. */
  signal(name: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Call it after the process ended. Ends the processes that it started and left behind. */
  sweep(): Promise<void>
  /** How the process ended; undefined when this parent did not see the end. */
  ending(): string | undefined
}

export interface StartOptions {
  readonly revisionPath: string
  readonly id: string
  readonly intent: Intent
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingFolder: string | undefined
  readonly journal: { readonly path: string; readonly line: string }
  /** Called when the process ended. */
  readonly onExit: () => void
}

/**
 * Writes the intent, then starts the process. So a run that has an intent but no process can be given up for
 * good.
 */
export async function startRun(options: StartOptions): Promise<ProcessRun> {
  return spawnRun(await writeIntent(options), options)
}

export async function writeIntent({
  revisionPath,
  id,
  intent,
}: Pick<StartOptions, 'revisionPath' | 'id' | 'intent'>): Promise<string> {
  const folder = join(revisionPath, 'runs', id)
  await mkdir(join(revisionPath, 'runs'), { recursive: true })
  await mkdir(folder)
  await writeJson(join(folder, 'intent.json'), intent)
  return folder
}

/**
 * Starts the process in a session of its own, with the log as its only output, so that nothing ties it to
 * this process.
 */
export async function spawnRun(folder: string, options: Omit<StartOptions, 'id'>): Promise<ProcessRun> {
  const { revisionPath, intent, command, env, workingFolder, journal, onExit } = options
  const log = await open(join(revisionPath, 'log'), 'a', 0o600)
  let ending: string | undefined
  try {
    const child = spawn(
      '/bin/sh',
      ['-c', shim, 'modelspine', folder, journal.path, journal.line, ...command],
      {
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env,
        ...(workingFolder === undefined ? {} : { cwd: workingFolder }),
      },
    )
    child.unref()
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    const ended = Promise.withResolvers<void>()
    child.once('exit', (code, signal) => {
      ending = signal === null ? `exited with code ${code}` : `was ended by ${signal}`
      ended.resolve()
      onExit()
    })
    const identity = await identityOf(child.pid ?? 0)
    return runOf(folder, intent, identity, { ending: () => ending, ended: ended.promise })
  } finally {
    await log.close()
  }
}

/**
 * The process that has a run, dead or alive. `void` when no process has it; from then on no process can take
 * it.
 */
export async function findRun(folder: string): Promise<ProcessRun | 'void'> {
  const claim = await claimVoid(folder)
  if (claim === 'void') return 'void'
  const intent = await readJson(join(folder, 'intent.json'), intentFile)
  return runOf(folder, intent ?? { port: 0, exits: 0 }, claim, { ending: () => undefined })
}

/** What this parent sees of the end. `ended` resolves with it, and is there only when this parent started the process. */
interface Watched {
  ending(): string | undefined
  readonly ended?: Promise<void>
}

function runOf(
  folder: string,
  intent: Intent,
  identity: ProcessIdentity,
  { ending, ended }: Watched,
): ProcessRun {
  const signalGroup = (name: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      process.kill(-identity.pid, name)
    } catch (error) {
      if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  return {
    folder,
    intent,
    identity,
    ending,
    async isAlive() {
      if (ending() !== undefined) return false
      if (await mayBeAlive(identity)) return true
      // The system may know of the end before this parent is told how it came.
      await ended
      return false
    },
    async signal(name) {
      if (ending() === undefined && (await mayBeAlive(identity))) signalGroup(name)
    },
    async sweep() {
      // A process group outlives its first process and keeps its number. When the number is in use again, the
      // group may belong to another process.
      if ((await isOfThisBoot(identity)) && !numberInUse(identity.pid)) signalGroup('SIGKILL')
    },
  }
}
