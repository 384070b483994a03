import { spawn } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { seededRandom } from 'modelspine/adapter'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProcessTarget } from '../../../adapters/process/index.ts'
import { draws } from '../../draws.ts'
import {
  call,
  createScene,
  eventually,
  inState,
  isRunning,
  key,
  type Mode,
  type Scene,
  serverFile,
  wantOf,
} from './scene.ts'

const parentFile = fileURLToPath(new URL('./fixtures/parent.ts', import.meta.url))

let scene: Scene

beforeEach(async () => {
  scene = await createScene()
})

afterEach(() => scene.dispose())

/** Starts a parent and kills it with SIGKILL as soon as it printed `until`. Gives all that it printed. */
async function killParent(
  step: string,
  until: string,
  more: { path?: string; afterMs?: number; mode?: Mode } = {},
): Promise<string> {
  const options = {
    folder: scene.state,
    journal: scene.journal,
    command: [process.execPath, serverFile, '{port}', '{model}'],
    health: { intervalMs: 25 },
  }
  const told = JSON.stringify({ step, options, revision: scene.revision('r1', more.mode), path: more.path })
  const parent = spawn(process.execPath, ['--conditions=modelspine/source', parentFile, told], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  parent.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  await eventually(`the parent prints ${until}`, () => printed.includes(until))
  if (more.afterMs !== undefined) await pause(more.afterMs)
  parent.kill('SIGKILL')
  await eventually('the parent is gone', () => parent.signalCode !== null)
  return printed
}

/** Applies until the revision is ready, as the loop of the next plane does. */
async function converge(target: ProcessTarget): Promise<void> {
  await eventually('apply is unchanged', async () => {
    return (await target.apply(key, wantOf(scene.revision('r1')), call())).kind === 'unchanged'
  })
  await inState(target, 'r1', 'ready')
}

function pidsOf(...events: readonly string[]): readonly (number | undefined)[] {
  return scene
    .lines()
    .filter(({ event }) => events.includes(event))
    .map(({ pid }) => pid)
}

/** An `ln` that waits until `go()` is called, so that the shell which calls `ln` comes late. */
async function slowLink(): Promise<{ path: string; go: () => Promise<void> }> {
  const folder = join(scene.folder, 'bin')
  const signal = join(scene.folder, 'go')
  await mkdir(folder)
  await writeFile(
    join(folder, 'ln'),
    `#!/bin/sh\nwhile [ ! -e ${signal} ]; do sleep 0.01; done\nexec /bin/ln "$@"\n`,
  )
  await chmod(join(folder, 'ln'), 0o755)
  return { path: `${folder}:${process.env.PATH}`, go: () => writeFile(signal, '') }
}

describe('processTarget after its parent was killed', () => {
  it.each(['record', 'intent'])(
    'starts the revision once when the parent was killed after it wrote the %s',
    async (step) => {
      await killParent(step, 'done')
      const target = scene.open()
      expect((await target.observe(key)).revisions).toEqual([])
      await converge(target)
      expect(pidsOf('started')).toHaveLength(1)
      expect(pidsOf('restarted', 'adopted')).toEqual([])
    },
  )

  it('never lets a shell start the process after the target gave up that start', async () => {
    const { path, go } = await slowLink()
    const printed = await killParent('spawn', 'done', { path })
    const late = Number(printed.split('\n')[0])
    expect(isRunning(late)).toBe(true)
    const target = scene.open()
    await converge(target)
    await go()
    await eventually('the late shell is gone', () => !isRunning(late))
    expect(pidsOf('started')).toHaveLength(1)
    expect(pidsOf('started')).not.toContain(late)
  })

  it('adopts a shell that claimed its start while there was no parent', async () => {
    const { path, go } = await slowLink()
    const printed = await killParent('spawn', 'done', { path })
    const late = Number(printed.split('\n')[0])
    await go()
    await eventually('the shell has become the process', () => pidsOf('started').length === 1)
    const target = scene.open()
    expect((await target.observe(key)).revisions).toMatchObject([{ revision: 'r1', state: 'starting' }])
    expect(pidsOf('adopted')).toEqual([late])
    expect((await target.apply(key, wantOf(scene.revision('r1')), call())).kind).toBe('unchanged')
  })

  it('adopts a running process and leaves it running', async () => {
    await killParent('apply', 'done')
    await eventually('the process has claimed its start', () => pidsOf('started').length === 1)
    const target = scene.open()
    await converge(target)
    expect(pidsOf('adopted')).toEqual(pidsOf('started'))
    expect(pidsOf('started')).toHaveLength(1)
  })

  it('goes on ending a process that its parent was ending', async () => {
    await killParent('remove', 'done', { mode: 'deaf' })
    const target = scene.open({ drainMs: 100 })
    expect((await target.observe(key)).revisions).toMatchObject([{ revision: 'r1', state: 'stopping' }])
    await eventually('nothing is listed', async () => (await target.list()).length === 0)
    const [pid] = pidsOf('started')
    expect(isRunning(pid ?? 0)).toBe(false)
    expect(pidsOf('removed')).toHaveLength(1)
  })

  it('runs exactly one process, whenever the parent was killed', async () => {
    const random = seededRandom(11)
    for (let turn = 0; turn < draws(3, 6); turn += 1) {
      await killParent('apply', 'open', { afterMs: random() * 60 })
      const target = scene.open()
      await converge(target)
      const started = pidsOf('started')
      expect(started).toHaveLength(turn + 1)
      expect(started.filter((pid) => isRunning(pid ?? 0))).toEqual(started.slice(-1))
      await eventually('all is gone', async () => (await target.destroy(key, call())).kind === 'unchanged')
      await target.close()
    }
  })
})
