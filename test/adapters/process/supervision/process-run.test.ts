import { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startRun } from '../../../../adapters/process/supervision/process-run.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { eventually } from '../scene.ts'

/** On a busy machine the system knows of an end well before the event of it comes. */
function delayExits(delayMs: number): void {
  const emit: (this: ChildProcess, ...told: unknown[]) => boolean = ChildProcess.prototype.emit as never
  const late = vi.spyOn(ChildProcess.prototype, 'emit')
  late.mockImplementation(function (this: ChildProcess, ...told: unknown[]) {
    if (told[0] !== 'exit') return emit.apply(this, told)
    setTimeout(() => emit.apply(this, told), delayMs)
    return true
  })
  onTestFinished(() => late.mockRestore())
}

describe('a process that its parent started', () => {
  it('is not dead before its parent knows how it ended', async () => {
    delayExits(200)
    const folder = temporaryFolder()
    const revisionPath = join(folder, 'revision')
    mkdirSync(revisionPath)
    const run = await startRun({
      revisionPath,
      id: 'run-1',
      intent: { port: 1, exits: 0 },
      command: ['/bin/sh', '-c', 'exit 7'],
      env: { PATH: process.env.PATH ?? '' },
      workingFolder: undefined,
      journal: { path: join(folder, 'journal'), line: '{' },
      onExit: () => {},
    })
    await eventually('the process is dead', async () => !(await run.isAlive()))
    expect(run.ending()).toBe('exited with code 7')
  })
})
