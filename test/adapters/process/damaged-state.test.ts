import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { silentLogger } from 'modelspine/adapter'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProcessTarget } from '../../../adapters/process/index.ts'
import { identityOf } from '../../../adapters/shared/process-identity.ts'
import {
  call,
  createScene,
  eventually,
  inState,
  isRunning,
  key,
  observedRevision,
  type Scene,
  wantOf,
} from './scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await createScene()
})

afterEach(() => scene.dispose())

const revisionPath = (): string => join(scene.state, key, 'r1')

/** Applies until the revision is ready, as the loop of a plane does. */
async function converge(target: ProcessTarget): Promise<void> {
  await eventually('the revision is ready', async () => {
    await target.apply(key, wantOf(scene.revision('r1')), call())
    return (await observedRevision(target, 'r1'))?.state === 'ready'
  })
}

/** Leaves a process running that was ready and that no target looks after now. Gives its pid. */
async function leftRunning(): Promise<number> {
  const target = scene.open()
  await converge(target)
  await target.close()
  const [started] = scene.lines()
  return started?.pid ?? 0
}

function runningPids(): readonly number[] {
  const pids = scene.lines().flatMap(({ event, pid = 0 }) => (/^(re)?started$/.test(event) ? [pid] : []))
  return pids.filter(isRunning)
}

describe('processTarget over a damaged state folder', () => {
  it.each([
    ['not JSON', 'rubbish'],
    ['another value', '123'],
    ['an incomplete object', '{"key":"default/churn"}'],
  ])('makes a revision anew when its record is %s, and ends the old process', async (_, text) => {
    const pid = await leftRunning()
    await writeFile(join(revisionPath(), 'revision.json'), text)
    const target = scene.open()
    expect((await target.observe(key)).revisions).toEqual([])
    await eventually('the process is gone', () => !isRunning(pid))
    await converge(target)
    expect(runningPids()).toHaveLength(1)
  })

  it('ignores a record that names another revision', async () => {
    await leftRunning()
    const path = join(revisionPath(), 'revision.json')
    await writeFile(path, readFileSync(path, 'utf8').replaceAll('"r1"', '"r2"'))
    const target = scene.open()
    expect(await target.list()).toEqual([])
  })

  it.each(['intent.json', 'pid', 'failed.json'])(
    'converges with one process although %s holds rubbish',
    async (name) => {
      const pid = await leftRunning()
      const [run = ''] = await readdir(join(revisionPath(), 'runs'))
      const folder = name === 'failed.json' ? revisionPath() : join(revisionPath(), 'runs', run)
      await writeFile(join(folder, name), '[7]')
      // Without the pid file the target cannot know that the process is its own, and leaves it alone.
      if (name === 'pid') process.kill(-pid, 'SIGKILL')
      const target = scene.open({ health: { intervalMs: 25, timeoutMs: 2000, unreadyLimitMs: 50 } })
      await converge(target)
      expect(runningPids()).toHaveLength(1)
    },
  )

  it('accepts no fence while it cannot read the newest fence that it has seen', async () => {
    const target = scene.open()
    await converge(target)
    const path = join(scene.state, key, '.fence')
    await writeFile(path, 'rubbish')
    await expect(target.apply(key, wantOf(scene.revision('r1')), call())).rejects.toMatchObject({
      code: 'target-unavailable',
      message: expect.stringContaining(`${path} does not hold a fence`),
    })
    await rm(path)
    await converge(target)
  })

  it('restarts and removes a revision although the journal cannot be written, and logs a warning', async () => {
    const warned: string[] = []
    const noop = (): void => {}
    const logger = { ...silentLogger, info: noop, warn: (_: object, text: string) => void warned.push(text) }
    const target = scene.open({ logger })
    await converge(target)
    const pid = scene.lines()[0]?.pid ?? 0
    await rm(scene.journal)
    await mkdir(scene.journal)
    process.kill(-pid, 'SIGKILL')
    await inState(target, 'r1', 'unready')
    await inState(target, 'r1', 'ready')
    await target.destroy(key, call())
    await eventually('nothing is listed', async () => (await target.list()).length === 0)
    expect(warned).toContain('a line could not be written to the journal')
  })

  it('finishes a removal when the folder was already removed', async () => {
    const target = scene.open()
    await converge(target)
    await rm(revisionPath(), { recursive: true })
    await target.destroy(key, call()).catch(() => {})
    await eventually('nothing is listed', async () => {
      await target.destroy(key, call()).catch(() => {})
      return (await target.list()).length === 0
    })
    expect(runningPids()).toEqual([])
  })

  it('spares a stranger’s process that has a pid recorded before the machine was restarted', async () => {
    await leftRunning()
    const [run = ''] = await readdir(join(revisionPath(), 'runs'))
    const stranger = await strandedGroup()
    const { started } = await identityOf(process.pid)
    const claim = `${stranger.group} ${started} 00000000-0000-0000-0000-000000000000\n`
    await writeFile(join(revisionPath(), 'runs', run, 'pid'), claim)
    process.kill(-(scene.lines()[0]?.pid ?? 0), 'SIGKILL')
    const target = scene.open()
    await converge(target)
    expect(isRunning(stranger.member)).toBe(true)
    process.kill(-stranger.group, 'SIGKILL')
  })
})

/** A process group whose first process has ended. */
async function strandedGroup(): Promise<{ readonly group: number; readonly member: number }> {
  const leader: ChildProcess = spawn('/bin/sh', ['-c', 'sleep 60 >/dev/null & echo $!'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let printed = ''
  leader.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  await eventually('the first process has ended', () => leader.exitCode !== null && printed !== '')
  return { group: leader.pid ?? 0, member: Number(printed) }
}
