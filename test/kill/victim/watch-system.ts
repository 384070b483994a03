import childProcess, { type SpawnOptions } from 'node:child_process'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Reach } from './reach.ts'

/**
 * Passes a point before and after each fork, each signal to a group and each rename. No contract shows these
 * moments inside a target and a log. Call it before the import of the modules that fork, signal and rename.
 * `late` makes one child begin late, as on a machine that is too busy to let the child run at once.
 */
export function watchSystem(reach: Reach, late?: { readonly nth: number; readonly ms: number }): void {
  const { spawn } = childProcess
  const { rename } = files
  const kill = process.kill.bind(process)

  let spawned = 0

  childProcess.spawn = ((command: string, args: readonly string[], options: SpawnOptions) => {
    reach('spawn/before')
    spawned += 1
    const wait = ['-c', `sleep ${(late?.ms ?? 0) / 1000}; exec "$0" "$@"`, command, ...args]
    const child = spawned === late?.nth ? spawn('/bin/sh', wait, options) : spawn(command, args, options)
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
