import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

interface Run {
  readonly child: ChildProcess
  readonly pid: number
  out(): string
  /** Resolves when the text was printed. */
  says(text: string): Promise<void>
}

function start(): Run {
  const child = spawn(
    process.execPath,
    ['--conditions=modelspine/source', join(root, 'examples/quickstart/main.ts')],
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

/** The folders and processes that the run with this pid left. */
function leftBy(pid: number): readonly string[] {
  const mark = new RegExp(`modelspine-quickstart-\\d+-${pid}\\b`)
  const folders = readdirSync(tmpdir()).filter((name) => mark.test(name))
  const processes = readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && mark.test(readFileSync(`/proc/${name}/cmdline`, 'utf8'))
    } catch {
      return false
    }
  })
  return [...folders, ...processes]
}

describe('the quickstart', () => {
  it('tells its whole story, exits with 0 and leaves nothing behind', async () => {
    const { child, pid, out } = start()
    expect(await once(child, 'close'), out()).toEqual([0, null])
    expect(out()).toContain('v2 is stable and takes all traffic')
    expect(out()).toContain('PolicyDenied, reason Denied')
    expect(out()).toContain('v4 fails: GateFailed')
    expect(out()).toMatch(/\d+ records, each hashed with the one before: the log is intact/)
    expect(out()).toContain('does not match its own hash')
    expect(out()).toMatch(/failed requests\s+0/)
    expect(leftBy(pid)).toEqual([])
  }, 180_000)

  it.each(['v1 trained', 'split: v1 95 %'])(
    'leaves nothing behind when Ctrl-C comes twice after “%s”',
    async (moment) => {
      const { child, pid, says } = start()
      await says(moment)
      child.kill('SIGINT')
      child.kill('SIGINT')
      expect(await once(child, 'close')).toEqual([130, null])
      expect(leftBy(pid)).toEqual([])
    },
    120_000,
  )

  it('removes the remains of a killed run when it runs again', async () => {
    const killed = start()
    await killed.says('split: v1 95 %')
    killed.child.kill('SIGKILL')
    await once(killed.child, 'close')
    expect(leftBy(killed.pid).length).toBeGreaterThan(1)
    const next = start()
    await next.says('cleaned up after')
    next.child.kill('SIGINT')
    await once(next.child, 'close')
    expect(leftBy(killed.pid)).toEqual([])
    expect(leftBy(next.pid)).toEqual([])
  }, 120_000)
})
