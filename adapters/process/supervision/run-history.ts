import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { removeFolder, runFolders } from '../state/folder-layout.ts'
import { parseClaim } from './process-claim.ts'
import { findRun, type ProcessRun } from './process-run.ts'

/**
 * The newest start that a process had, dead or alive. Newer ones that nobody had are given up and dropped, and so is
 * what is older; undefined when no process ever ran.
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

/** Kills whatever runs there, for a revision of which nothing else is known. */
export async function endAll(revisionPath: string): Promise<void> {
  for (const folder of await runFolders(revisionPath)) {
    const run = await findRun(folder)
    if (run !== 'void') await run.signal('SIGKILL')
  }
}

/** Whether any process ever ran; gives nothing up. */
export async function everRan(revisionPath: string): Promise<boolean> {
  for (const folder of await runFolders(revisionPath)) {
    const text = await readFile(join(folder, 'pid'), 'utf8').catch(() => '')
    if (parseClaim(text) !== 'void') return true
  }
  return false
}
