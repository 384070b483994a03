import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { removeFolder, runFolders } from '../state/folder-layout.ts'
import { parseClaim } from './process-claim.ts'
import { findRun, type ProcessRun } from './process-run.ts'

/**
 * The newest run that a process had, dead or alive. Newer runs without a process are given up and removed.
 * Older runs are removed too. Undefined when no process ever ran.
 */
export async function newestRun(revisionPath: string): Promise<ProcessRun | undefined> {
  const folders = [...(await runFolders(revisionPath))].reverse()
  let newest: ProcessRun | undefined
  for (const folder of folders) {
    const run = newest === undefined ? await findRun(folder) : 'void'
    if (run === 'void') await removeFolder(folder, basename(folder))
    else newest = run
  }
  return newest
}

/** Kills all processes of a revision. False while one of them still lives. */
export async function endAll(revisionPath: string): Promise<boolean> {
  let ended = true
  for (const folder of await runFolders(revisionPath)) {
    const run = await findRun(folder)
    if (run === 'void') continue
    if (await run.isAlive()) {
      await run.signal('SIGKILL')
      ended = false
    } else await run.sweep()
  }
  return ended
}

/** Whether any process ever ran. Does not give up any run. */
export async function everRan(revisionPath: string): Promise<boolean> {
  for (const folder of await runFolders(revisionPath)) {
    const text = await readFile(join(folder, 'pid'), 'utf8').catch(() => '')
    if (parseClaim(text) !== 'void') return true
  }
  return false
}
