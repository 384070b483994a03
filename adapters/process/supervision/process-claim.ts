import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ProcessIdentity, thisHost } from '../../shared/process-identity.ts'

/** The owner of a run: a process, or `void` when the run was given up for good. */
export type ProcessClaim = ProcessIdentity | 'void'

/** Gives a run up unless a process has it. A shell that comes later finds the name taken, and leaves. */
export async function claimVoid(runFolder: string): Promise<ProcessClaim> {
  const path = join(runFolder, 'pid')
  // A claim never changes. A full disk must not keep a process that has one from being ended.
  const claimed = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (claimed !== undefined) return parseClaim(claimed)
  const mine = join(runFolder, 'void')
  await writeFile(mine, 'void\n')
  try {
    await link(mine, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  await rm(mine, { force: true })
  return parseClaim(await readFile(path, 'utf8'))
}

/**
 * Reads the shell's claim: the number, start and boot of a process of this host. Any other text is no claim.
 */
export function parseClaim(text: string): ProcessClaim {
  const [, pid, started, boot] = /^([1-9]\d*) (\S+) (\S+)$/.exec(text.trim()) ?? []
  if (started === undefined || boot === undefined) return 'void'
  return { host: thisHost(), boot, pid: Number(pid), started }
}
