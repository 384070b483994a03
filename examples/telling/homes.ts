import { mkdirSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folders of the runs of one program, each named after its process. */
export interface Homes {
  /** Makes a folder for this run only, so that two runs at the same time do not disturb each other. */
  make(): string
  /** Folders of earlier runs that were killed before they could clean up. */
  ofTheDead(): readonly string[]
}

export function homesOf(program: string): Homes {
  const prefix = `modelspine-${program}-${process.getuid?.() ?? 0}-`
  return {
    make() {
      const folder = join(tmpdir(), `${prefix}${process.pid}`)
      mkdirSync(folder)
      return folder
    },
    ofTheDead: () =>
      readdirSync(tmpdir())
        .filter((name) => {
          const pid = Number(name.slice(prefix.length))
          // This process has not made a folder yet. A folder with its pid is from an earlier process with the
          // same pid.
          return name.startsWith(prefix) && (pid === process.pid || !isAlive(pid))
        })
        .map((name) => join(tmpdir(), name)),
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
