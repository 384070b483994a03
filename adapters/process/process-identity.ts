import { readFile } from 'node:fs/promises'

/** A process that can be told from a later one with the same number. `-` where the system does not tell. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in clock ticks since boot. */
  readonly started: string
  /** Which boot that was. */
  readonly boot: string
}

export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const [stat, boot] = await Promise.all([statOf(pid), bootId()])
  return { pid, started: stat?.started ?? '-', boot }
}

/** Where the system does not tell when a process started, any process with that number passes for it. */
export async function isAlive({ pid, started, boot }: ProcessIdentity): Promise<boolean> {
  if (!numberInUse(pid)) return false
  if (boot !== '-' && boot !== (await bootId())) return false
  const stat = await statOf(pid)
  if (stat === undefined) return started === '-'
  return !stat.ended && (started === '-' || stat.started === started)
}

export function formatIdentity({ pid, started, boot }: ProcessIdentity): string {
  return `${pid} ${started} ${boot}`
}

export function parseIdentity(text: string): ProcessIdentity | undefined {
  const match = /^([1-9]\d*) (\S+) (\S+)$/.exec(text.trim())
  const [, pid, started, boot] = match ?? []
  return started === undefined || boot === undefined ? undefined : { pid: Number(pid), started, boot }
}

export function numberInUse(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)); field 2 is a name that may hold blanks and brackets. */
async function statOf(
  pid: number,
): Promise<{ readonly ended: boolean; readonly started: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const started = fields[19]
  return started === undefined ? undefined : { ended: /^[ZXx]$/.test(fields[0] ?? ''), started }
}

async function bootId(): Promise<string> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '-')
  return text.trim()
}
