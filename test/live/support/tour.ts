import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')

/** A run of an example, as a person would start it. */
export interface TourRun {
  readonly child: ChildProcess
  readonly pid: number
  out(): string
  /** Resolves when the text was printed. */
  says(text: string): Promise<void>
}

/** Starts `examples/NAME/main.ts`. */
export function startTour(name: string): TourRun {
  const child = spawn(
    process.execPath,
    ['--conditions=modelspine/source', join(root, 'examples', name, 'main.ts')],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: 'true' } },
  )
  let out = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      out += chunk
    })
  }
  return {
    child,
    pid: child.pid ?? 0,
    out: () => out,
    async says(text) {
      while (!out.includes(text)) {
        if (child.exitCode !== null) throw new Error(`ended without saying "${text}":\n${out}`)
        await once(child.stdout ?? child, 'data')
      }
    },
  }
}

/** The folders and processes that the run of an example with this pid left. */
export function leftBy(name: string, pid: number): readonly string[] {
  const mark = new RegExp(`modelspine-${name}-\\d+-${pid}\\b`)
  const folders = readdirSync(tmpdir()).filter((folder) => mark.test(folder))
  const processes = readdirSync('/proc').filter((each) => {
    try {
      return /^\d+$/.test(each) && mark.test(readFileSync(`/proc/${each}/cmdline`, 'utf8'))
    } catch {
      return false
    }
  })
  return [...folders, ...processes]
}
