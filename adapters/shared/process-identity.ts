import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/**
 * Tells a process from a later process with the same number. A part is `-` when the system does not tell it.
 */
export interface ProcessIdentity {
  readonly host: string
  /** The boot of the host that the process belongs to. */
  readonly boot: string
  readonly pid: number
  /** When the process started, in clock ticks since boot. */
  readonly started: string
  /**
   * The PID namespace in which `pid` is the process's number. Containers have namespaces of their own. Absent
   * when it is not known.
   */
  readonly namespace?: string
}

/** The process of this host that has this number now. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const [status, boot, namespace] = await Promise.all([statusOf(pid), bootId(), pidNamespace()])
  return {
    host: thisHost(),
    boot,
    pid,
    started: status?.started ?? '-',
    // A namespace has a meaning only within its boot.
    ...(namespace !== undefined && boot !== '-' && { namespace }),
  }
}

/**
 * Whether the process's number means the same here. A boot and a PID namespace tell that with certainty.
 * Without a namespace, as in files of older versions, the name of the host has to do.
 */
export async function canBeSeen({ host, boot, namespace }: ProcessIdentity): Promise<boolean> {
  if (namespace === undefined) return host === thisHost()
  return boot === (await bootId()) && namespace === (await pidNamespace())
}

/**
 * Whether a process that can be seen may still run. When the system does not tell start times, a process
 * whose number is in use counts as alive.
 */
export async function mayBeAlive({
  boot,
  pid,
  started,
}: Pick<ProcessIdentity, 'boot' | 'pid' | 'started'>): Promise<boolean> {
  if (!numberInUse(pid)) return false
  if (!(await isOfThisBoot({ boot }))) return false
  const status = await statusOf(pid)
  // Check again, because the process may have ended since the first check.
  if (status === undefined) return numberInUse(pid)
  return !status.ended && (started === '-' || status.started === started)
}

/** False for a process from before the last boot of the machine. Its number no longer says anything. */
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

/**
 * Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)). Field 2 is a name that may contain spaces and brackets.
 */
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

/** The number of this process's PID namespace, namespaces(7). One kernel has it once at a time. */
async function pidNamespace(): Promise<string | undefined> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '')
  return /^pid:\[(\d+)\]$/.exec(link)?.[1]
}
