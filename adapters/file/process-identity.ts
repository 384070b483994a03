import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** When it started, in clock ticks since boot; `0` where the system does not tell. */
  readonly started: string
}

export async function thisProcess(): Promise<ProcessIdentity> {
  const status = await statusOf(process.pid)
  return { host: hostLabel(), pid: process.pid, started: status?.started ?? '0' }
}

/**
 * Whether the process may still run. One of another host cannot be seen, so it is taken to be alive; so is one whose
 * number is in use where the system does not tell when it started.
 */
export async function mayBeAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.host !== hostLabel()) return true
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const status = await statusOf(identity.pid)
  if (status === undefined) return true
  return !status.ended && status.started === identity.started
}

function hostLabel(): string {
  return hostname().replaceAll(/[^A-Za-z0-9-]/g, '-') || 'localhost'
}

/** Fields 3 and 22 of `/proc/<pid>/stat`; the second field is a name that may hold blanks and brackets. */
async function statusOf(pid: number): Promise<{ ended: boolean; started: string } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const started = fields[19]
    return started === undefined ? undefined : { ended: /^[ZXx]$/.test(fields[0] ?? ''), started }
  } catch {
    return undefined
  }
}
