import childProcess from 'node:child_process'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Reach } from './reach.ts'

/**
 * Comes by a point before and after each fork, signal to a group and rename: the moments inside a target and a log that
 * no contract shows. To be called before what uses these is imported.
 */
export function watchSystem(reach: Reach): void {
  const { spawn } = childProcess
  const { rename } = files
  const kill = process.kill.bind(process)

  childProcess.spawn = ((...call: Parameters<typeof spawn>) => {
    reach('spawn/before')
    const child = spawn(...call)
    reach('spawn/after')
    return child
  }) as typeof spawn

  files.rename = async (from, to) => {
    const what = String(to).includes('.gone-') ? 'remove' : 'rename'
    reach(`${what}/before`)
    await rename(from, to)
    reach(`${what}/after`)
  }

  process.kill = (pid, signal) => {
    const drains = pid < 0 && signal === 'SIGTERM'
    if (drains) reach('signal/before')
    const sent = kill(pid, signal)
    if (drains) reach('signal/after')
    return sent
  }
  syncBuiltinESMExports()
}
