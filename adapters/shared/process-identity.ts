import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'

/** A process that can be told from a later one with the same number. `-` where the system does not tell. */
export interface ProcessIdentity {
  readonly host: string
  /** Which boot of the host it belongs to. */
  readonly boot: string
  readonly pid: number
  /** When it started, in clock ticks since boot. */
  readonly started: string
}

/** The process that has a number now, on this host. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const [status, boot] = await Promise.all([statusOf(pid), bootId()])
  return { host: thisHost(), boot, pid, started: status?.started ?? '-' }
}

/**
 * Whether the process may still run. One of another host cannot be seen, so it is taken to be alive; so is one whose
 * number is in use where the system does not tell when it started.
 */
export async function mayBeAlive({ host, boot, pid, started }: ProcessIdentity): Promise<boolean> {
  if (host !== thisHost()) return true
  if (!numberInUse(pid)) return false
  if (!(await isOfThisBoot({ boot }))) return false
  const status = await statusOf(pid)
  // Asked again, because it may have ended since the first look.
  if (status === undefined) return numberInUse(pid)
  return !status.ended && (started === '-' || status.started === started)
}

/** False for what was there before the machine started last: its number says nothing any more. */
export async function isOfThisBoot({ boot }: Pick<ProcessIdentity, 'boot'>): Promise<boolean> {
  return boot === '-' || boot === (await bootId())
}

export function numberInUse(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** The host's name in letters, digits and dashes. */
export function thisHost(): string {
  return hostname().replaceAll(/[^A-Za-z0-9-]/g, '-') || 'localhost'
}

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)); field 2 is a name that may hold blanks and brackets. */
async function statusOf(pid: number): Promise<{ ended: boolean; started: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const started = fields[19]
  return started === undefined ? undefined : { ended: /^[ZXx]$/.test(fields[0] ?? ''), started }
}

async function bootId(): Promise<string> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '-')
  return text.trim()
}
