import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

export interface RunningProcess {
  readonly pid: number
  readonly command: string
}

/** Matches the processes of a run: planes, model servers, and the shells that become them. */
const ours = /plane-process\.ts|model-server\.mjs|\smodelspine\s/

/** Every living process of this machine that belongs to the run in this folder. Reads `/proc`. */
export function processesOf(folder: string): readonly RunningProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      if (!command.includes(folder) || !ours.test(command) || isEnded(name)) return []
      return [{ pid: Number(name), command }]
    } catch {
      return []
    }
  })
}

/** Ends all processes of a run, each by its pid, and waits until they are gone. */
export async function endProcessesOf(folder: string): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const left = processesOf(folder)
    if (left.length === 0) return
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // The process has ended by itself.
      }
    }
    await pause(10)
  }
  throw new Error(`the processes of ${folder} cannot be ended`)
}

/** Whether the process has ended, but its parent has not yet waited for it. */
function isEnded(pid: string): boolean {
  return /^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}
