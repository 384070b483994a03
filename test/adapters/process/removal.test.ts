import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identityOf } from '../../../adapters/shared/process-identity.ts'
import { call, createScene, eventually, inState, isRunning, key, type Scene, wantOf } from './scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await createScene()
})

afterEach(() => scene.dispose())

/** A folder of a revision that no target knows, with a process that runs. */
async function strayRevision(name: string): Promise<{ readonly path: string; readonly pid: number }> {
  const child: ChildProcess = spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do sleep 1; done'], {
    detached: true,
    stdio: 'ignore',
  })
  const { pid, started, boot } = await identityOf(child.pid ?? 0)
  const path = join(scene.state, key, name)
  await mkdir(join(path, 'runs', '0first'), { recursive: true })
  await writeFile(join(path, 'runs', '0first', 'pid'), `${pid} ${started} ${boot}\n`)
  return { path, pid }
}

describe('the removal of a key', () => {
  it('is done only when the folder of an unknown revision and its process are gone', async () => {
    const target = scene.open()
    expect(await target.list()).toEqual([])
    const { path, pid } = await strayRevision('r9')
    expect((await target.observe(key)).revisions).toEqual([])
    expect(await target.list()).toEqual([key])
    expect((await target.destroy(key, call())).kind).not.toBe('unchanged')
    await eventually('it is unchanged', async () => (await target.destroy(key, call())).kind === 'unchanged')
    expect(isRunning(pid)).toBe(false)
    expect(existsSync(path)).toBe(false)
    expect(await target.list()).toEqual([])
  })

  it('is done only when a removal that was torn is finished', async () => {
    const target = scene.open()
    await target.list()
    const torn = join(scene.state, key, '.gone-0torn')
    await mkdir(join(torn, 'runs'), { recursive: true })
    expect(await target.list()).toEqual([key])
    expect(await target.destroy(key, call())).toEqual({ kind: 'accepted' })
    expect(existsSync(torn)).toBe(false)
    expect(await target.destroy(key, call())).toEqual({ kind: 'unchanged' })
    expect(await target.list()).toEqual([])
  })

  it('has nothing left to do for a key of which only the fence is known', async () => {
    const target = scene.open()
    expect(await target.destroy(key, call({ fence: 7 }))).toEqual({ kind: 'unchanged' })
    expect(await target.list()).toEqual([])
    await expect(target.destroy(key, call({ fence: 6 }))).rejects.toMatchObject({ code: 'fence-stale' })
  })

  it('is not held up by a secret store that never answers', async () => {
    const target = scene.open()
    const abort = new AbortController()
    let asked = false
    const applying = target.apply(
      key,
      wantOf(scene.revision('r1')),
      call({
        abortSignal: abort.signal,
        secret() {
          asked = true
          return new Promise(() => {})
        },
      }),
    )
    await eventually('the secret is asked for', () => asked)
    abort.abort()
    await expect(applying).rejects.toMatchObject({ code: 'aborted' })
    expect(await target.destroy(key, call())).toEqual({ kind: 'unchanged' })
    expect(scene.lines()).toEqual([])
  })

  it('does not start a revision beside an unknown process of it', async () => {
    const target = scene.open()
    await target.list()
    const { pid } = await strayRevision('r1')
    const want = wantOf(scene.revision('r1'))
    await eventually('it is started', async () => (await target.apply(key, want, call())).kind === 'accepted')
    expect(isRunning(pid)).toBe(false)
    await inState(target, 'r1', 'ready')
  })

  it('ends a retired process that ignores SIGTERM by its deadline, however often it is asked for', async () => {
    const target = scene.open({ drainMs: 300 })
    await target.apply(key, wantOf(scene.revision('r1', 'deaf')), call())
    await inState(target, 'r1', 'ready')
    const [started] = scene.lines()
    const want = wantOf(scene.revision('r2'))
    await eventually('only the other revision is there', async () => {
      await target.apply(key, want, call())
      const { revisions } = await target.observe(key)
      return revisions.length === 1 && revisions[0]?.revision === 'r2'
    })
    expect(isRunning(started?.pid ?? 0)).toBe(false)
  })

  it('ends such a process by its deadline although no target lives that long', async () => {
    const first = scene.open({ drainMs: 1000 })
    await first.apply(key, wantOf(scene.revision('r1', 'deaf')), call())
    await inState(first, 'r1', 'ready')
    await first.destroy(key, call())
    await first.close()
    await eventually('the process was killed', async () => {
      const next = scene.open({ drainMs: 1000 })
      const gone = (await next.list()).length === 0
      await next.close()
      return gone
    })
    expect(isRunning(scene.lines()[0]?.pid ?? 0)).toBe(false)
  })
})
