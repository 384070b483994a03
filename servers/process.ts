import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { lastLines } from './run.ts'

export interface ServerProcess {
  readonly log: string
  stop(): Promise<void>
}

export interface ProcessOptions {
  readonly name: string
  /** Where the process runs and where its log is. */
  readonly folder: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Whether the server is ready. A throw counts as no. */
  ready(): Promise<boolean>
  readonly timeoutMs?: number
  readonly abortSignal?: AbortSignal | undefined
}

/** Where logs and the table of servers are kept. */
export const reports: string = join(import.meta.dirname, '../reports/live')

/**
 * The server runs in a process group of its own. Beside it, `cat` waits for the end of the pipe from this process. When
 * this process ends in whatever way, the group is killed, so that no server outlives its tests.
 */
const guarded = `exec 3<&0
{ cat <&3 >/dev/null; kill -KILL 0; } &
exec "$@" 3<&- </dev/null`

/** Starts a server and waits until it is ready. When it fails, its log is kept and the error quotes it. */
export async function startProcess(options: ProcessOptions): Promise<ServerProcess> {
  const { name, folder, command, args, env, ready, timeoutMs = 180_000, abortSignal } = options
  const log = join(folder, `${name}.log`)
  const output = await open(log, 'w')
  const child = spawn('sh', ['-c', guarded, 'sh', command, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['pipe', output.fd, output.fd],
    detached: true,
  })
  await output.close()
  child.stdin?.on('error', () => {})
  const untilMs = Date.now() + timeoutMs
  while (!(await ready().catch(() => false))) {
    if (abortSignal?.aborted) {
      await kill(child)
      throw abortSignal.reason
    }
    const why = hasEnded(child)
      ? 'ended before it was ready'
      : Date.now() > untilMs
        ? `was not ready after ${timeoutMs / 1000} s`
        : undefined
    if (why !== undefined) {
      await kill(child)
      throw new Error(`${name} ${why}. ${await keepLog(name, log)}`)
    }
    await pause(50)
  }
  return { log, stop: () => kill(child) }
}

/** Copies a log to reports/live/ and says where it is and how it ends. */
export async function keepLog(name: string, log: string): Promise<string> {
  await mkdir(reports, { recursive: true })
  await copyFile(log, join(reports, `${name}.log`))
  return `reports/live/${name}.log ends with:\n${lastLines(await readFile(log, 'utf8'), 15)}`
}

/** Whether a URL answers with a status of success. */
export async function isOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
  await response.arrayBuffer()
  return response.ok
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** Also the processes that the server started, which outlive it otherwise. */
async function kill(child: ChildProcess): Promise<void> {
  const exit = hasEnded(child) ? undefined : once(child, 'exit')
  child.stdin?.destroy()
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // All of the group have ended.
  }
  await exit
}
