import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, watch } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startProcess } from '../../../servers/process.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const reports = join(import.meta.dirname, '../../../reports/live')

/** Options of a server that is a line of shell. It is ready when the file `ready` is there. */
function shell(line: string): Parameters<typeof startProcess>[0] {
  const folder = temporaryFolder()
  return {
    name: 'made-up',
    folder,
    command: 'sh',
    args: ['-c', line],
    ready: async () => existsSync(join(folder, 'ready')),
  }
}

function isRunning(pid: number): boolean {
  try {
    // A process that has ended and that nobody has waited for yet is still listed.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function appears(folder: string, file: string): Promise<void> {
  const watcher = watch(folder)
  while (!existsSync(join(folder, file))) await once(watcher, 'change')
  watcher.close()
}

const pidsIn = (folder: string): number[] =>
  readFileSync(join(folder, 'ready'), 'utf8').trim().split(' ').map(Number)

/** A server with a process of its own, which writes the numbers of both. */
const twoProcesses = 'sleep 100 & echo $$ $! >new; mv new ready; wait'

describe('startProcess', () => {
  it('resolves when the server is ready, and stops it with all that it started', async () => {
    const options = shell(`echo hello; ${twoProcesses}`)
    const { log, stop } = await startProcess(options)
    const pids = pidsIn(options.folder)
    expect(pids.map(isRunning)).toEqual([true, true])
    await stop()
    await expect.poll(() => pids.map(isRunning)).toEqual([false, false])
    expect(readFileSync(log, 'utf8')).toBe('hello\n')
    await stop()
  })

  it('quotes and keeps the log of a server that ends before it is ready', async () => {
    onTestFinished(() => rmSync(join(reports, 'made-up.log')))
    const starting = startProcess(shell('echo the disk is full >&2; exit 3'))
    await expect(starting).rejects.toThrow(
      'made-up ended before it was ready. reports/live/made-up.log ends with:\nthe disk is full',
    )
    expect(readFileSync(join(reports, 'made-up.log'), 'utf8')).toBe('the disk is full\n')
  })

  it('gives up a server that does not become ready, and stops it', async () => {
    onTestFinished(() => rmSync(join(reports, 'made-up.log')))
    const options = shell(twoProcesses)
    const ready = async (): Promise<boolean> => {
      await appears(options.folder, 'ready')
      return false
    }
    const starting = startProcess({ ...options, ready, timeoutMs: 0 })
    await expect(starting).rejects.toThrow('made-up was not ready after 0 s')
    await expect.poll(() => pidsIn(options.folder).map(isRunning)).toEqual([false, false])
  })

  it('ends a start under way, with all that it started', async () => {
    const options = shell(twoProcesses)
    const stopping = new AbortController()
    const ready = async (): Promise<boolean> => {
      await appears(options.folder, 'ready')
      stopping.abort(new Error('no longer wanted'))
      return false
    }
    const starting = startProcess({ ...options, ready, abortSignal: stopping.signal })
    await expect(starting).rejects.toThrow('no longer wanted')
    await expect.poll(() => pidsIn(options.folder).map(isRunning)).toEqual([false, false])
  })

  it('does not let a server outlive a process that is killed', async () => {
    const folder = temporaryFolder()
    const script = `import { startProcess } from '${join(import.meta.dirname, '../../../servers/process.ts')}'
      await startProcess({ name: 'made-up', folder: '${folder}', command: 'sh', args: ['-c', '${twoProcesses}'], ready: async () => false })`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' })
    await appears(folder, 'ready')
    const pids = pidsIn(folder)
    expect(pids.map(isRunning)).toEqual([true, true])
    child.kill('SIGKILL')
    await expect.poll(() => pids.map(isRunning), { timeout: 20_000 }).toEqual([false, false])
  })
})
