import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { isModelspineError, type Logger, silentLogger } from 'modelspine/adapter'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProcessTarget } from '../../../adapters/process/index.ts'
import {
  call,
  createScene,
  eventually,
  inState,
  isRunning,
  key,
  observedRevision,
  type Scene,
  secretValue,
  wantOf,
} from './scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await createScene()
})

afterEach(() => scene.dispose())

interface Reply {
  readonly pid: number
  readonly model: string
  readonly token: string
  readonly names: readonly string[]
  readonly argv: readonly string[]
}

async function ask(target: ProcessTarget, path = '/'): Promise<Response> {
  const { endpoint } = await inState(target, 'r1', 'ready')
  return fetch(`${endpoint?.address}${path}`)
}

async function removed(target: ProcessTarget): Promise<void> {
  await eventually('everything is gone', async () => (await target.destroy(key, call())).kind === 'unchanged')
}

/** A port that nobody else takes, so that it is still free after the server closes. */
async function listenOnQuietPort(): Promise<{ readonly server: Server; readonly port: number }> {
  for (let port = 10_000 + (process.pid % 10_000); ; port += 1) {
    const server = createServer()
    const listening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (listening) return { server, port }
  }
}

describe('processTarget', () => {
  it('fills the template, and passes environment, secrets and little of its own environment', async () => {
    const target = scene.open({ env: { WHERE: '{key}:{version}' } })
    await target.apply(key, wantOf(scene.revision('r1')), call())
    const reply = (await (await ask(target)).json()) as Reply
    expect(reply).toMatchObject({ token: secretValue, model: join(scene.folder, 'model.json') })
    expect(reply.names).toEqual(expect.arrayContaining(['MODE', 'PATH', 'TOKEN', 'WHERE']))
    expect(reply.names).not.toContain('VITEST')
    expect(await observedRevision(target, 'r1')).toMatchObject({
      endpoint: {
        protocol: 'open-inference',
        model: 'churn',
        address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      },
    })
  })

  it('keeps other targets out while it works, and lets the next target in when it stands down', async () => {
    const first = scene.open()
    const second = scene.open()
    await first.apply(key, wantOf(scene.revision('r1')), call())
    const { pid } = (await (await ask(first)).json()) as Reply
    await expect(second.observe(key)).rejects.toMatchObject({ code: 'target-unavailable' })
    await first.standDown()
    expect(((await (await ask(second)).json()) as Reply).pid).toBe(pid)
    await expect(first.observe(key)).rejects.toMatchObject({ code: 'target-unavailable' })
    await second.standDown()
    expect(((await (await ask(first)).json()) as Reply).pid).toBe(pid)
  })

  it('answers a call that comes while it stands down, and ends its close only when it has let go', async () => {
    const first = scene.open()
    await first.apply(key, wantOf(scene.revision('r1')), call())
    const { pid } = (await (await ask(first)).json()) as Reply
    const standing = first.standDown()
    await Promise.resolve()
    expect((await first.observe(key)).revisions).toHaveLength(1)
    await standing
    const closing = first.close?.()
    await Promise.all([closing, first.close?.()])
    expect(((await (await ask(scene.open())).json()) as Reply).pid).toBe(pid)
  })

  it('starts a process again after a crash, and reports the crash', async () => {
    const warned: unknown[] = []
    const logger: Logger = { ...silentLogger, warn: (fields) => warned.push(fields) }
    const target = scene.open({ restart: { minMs: 100, maxMs: 200 }, logger })
    await target.apply(key, wantOf(scene.revision('r1')), call())
    const before = (await (await ask(target)).json()) as Reply
    await ask(target, '/crash').catch(() => {})
    expect(await inState(target, 'r1', 'unready')).toMatchObject({
      reason: 'Exited',
      message: expect.stringContaining('exited with code 7'),
    })
    const after = (await (await ask(target)).json()) as Reply
    expect(after.pid).not.toBe(before.pid)
    expect(scene.lines().map(({ event }) => event)).toEqual(['started', 'exited', 'restarted'])
    expect(warned).toEqual([
      { key, revision: 'r1', pid: before.pid, error: expect.stringContaining('exited with code 7') },
    ])
  })

  it('notices that an adopted process died, and starts another process', async () => {
    const first = scene.open()
    await first.apply(key, wantOf(scene.revision('r1', 'well', { secrets: {} })), call())
    const before = (await (await ask(first)).json()) as Reply
    await first.close()
    const second = scene.open()
    await inState(second, 'r1', 'ready')
    process.kill(before.pid, 'SIGKILL')
    await inState(second, 'r1', 'unready')
    const after = (await (await ask(second)).json()) as Reply
    expect(after.pid).not.toBe(before.pid)
  })

  it('observes a revision as gone when its process ended and only an apply can bring its secrets', async () => {
    const first = scene.open()
    await first.apply(key, wantOf(scene.revision('r1')), call())
    const { pid } = (await (await ask(first)).json()) as Reply
    await first.close()
    const second = scene.open()
    await inState(second, 'r1', 'ready')
    process.kill(pid, 'SIGKILL')
    await eventually('the revision is gone', async () => (await observedRevision(second, 'r1')) === undefined)
    expect(await second.list()).toEqual([key])
    expect(await second.apply(key, wantOf(scene.revision('r1')), call())).toEqual({ kind: 'accepted' })
    expect((await (await ask(second)).json()) as Reply).toMatchObject({ token: secretValue })
    expect(scene.lines().map(({ event }) => event)).toEqual(['started', 'adopted', 'exited', 'restarted'])
  })

  it('gives up on a revision that exits again and again and was never ready', async () => {
    const target = scene.open()
    await target.apply(key, wantOf(scene.revision('r1', 'crash')), call())
    const observed = await inState(target, 'r1', 'failed')
    expect(observed).toMatchObject({ reason: 'CrashLoop', message: expect.stringContaining('cannot load') })
    expect(observed.message).toContain('[secret]')
    expect(observed.message).not.toContain(secretValue)
    expect(await target.apply(key, wantOf(scene.revision('r1', 'crash')), call())).toEqual({
      kind: 'unchanged',
    })
    await target.close()
    const second = scene.open()
    expect(await observedRevision(second, 'r1')).toEqual(observed)
    expect(scene.lines().filter(({ event }) => /started/.test(event))).toHaveLength(3)
  })

  it('starts again when the first start fails because its port was taken', async () => {
    const target = scene.open()
    await target.apply(key, wantOf(scene.revision('r1', 'crash-once')), call())
    await inState(target, 'r1', 'ready')
    expect(scene.lines().map(({ event }) => event)).toEqual(['started', 'exited', 'restarted'])
  })

  it('chooses a port that the system gives to no connection, unless a range says otherwise', async () => {
    const target = scene.open()
    await target.apply(key, wantOf(scene.revision('r1')), call())
    const port = Number(new URL((await inState(target, 'r1', 'ready')).endpoint?.address ?? '').port)
    expect(port).toBeGreaterThanOrEqual(20_000)
    expect(port).toBeLessThan(30_000)
  })

  it('takes a free port of its range, and says when no port is free', async () => {
    const { server, port } = await listenOnQuietPort()
    const target = scene.open({ ports: { from: port, to: port } })
    await expect(target.apply(key, wantOf(scene.revision('r1')), call())).rejects.toThrow(
      `no port from ${port}`,
    )
    await new Promise((resolve) => server.close(resolve))
    await target.apply(key, wantOf(scene.revision('r1')), call())
    expect((await inState(target, 'r1', 'ready')).endpoint?.address).toBe(`http://127.0.0.1:${port}`)
  })

  it('marks a revision as failed when it is not ready in time, and ends its process', async () => {
    const target = scene.open({ health: { intervalMs: 25, startTimeoutMs: 2500 } })
    await target.apply(key, wantOf(scene.revision('r1', 'never-ready')), call())
    expect(await inState(target, 'r1', 'failed')).toMatchObject({
      reason: 'StartTimeout',
      message: expect.stringContaining('answered 503'),
    })
    await eventually('the process is gone', () => scene.lines().every(({ pid }) => !isRunning(pid ?? 0)))
  })

  it('calls a process unready when it refuses connections, and replaces it when it stays unready', async () => {
    const target = scene.open({ health: { intervalMs: 25, failures: 2, unreadyLimitMs: 200 } })
    await target.apply(key, wantOf(scene.revision('r1')), call())
    await ask(target, '/refuse')
    expect(await inState(target, 'r1', 'unready')).toMatchObject({
      reason: 'ProbeFailing',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    await inState(target, 'r1', 'ready')
    expect(scene.lines().map(({ event }) => event)).toEqual(['started', 'exited', 'restarted'])
  })

  it('lets requests in flight finish before the process ends', async () => {
    const target = scene.open()
    await target.apply(key, wantOf(scene.revision('r1')), call())
    const slow = ask(target, '/slow')
    const log = join(scene.state, key, 'r1', 'log')
    await eventually('the request has arrived', async () => (await readFile(log, 'utf8')).includes('slow'))
    await removed(target)
    expect(await (await slow).text()).toBe('done')
  })

  it('kills a process that does not end within the drain time', async () => {
    const target = scene.open({ drainMs: 100 })
    await target.apply(key, wantOf(scene.revision('r1', 'deaf')), call())
    const { pid } = (await (await ask(target)).json()) as Reply
    await removed(target)
    expect(isRunning(pid)).toBe(false)
  })

  it('answers busy while it ends a revision that is wanted again', async () => {
    const target = scene.open({ drainMs: 300 })
    const [first, second] = [scene.revision('r1', 'deaf'), scene.revision('r2')]
    await target.apply(key, wantOf(first), call())
    await inState(target, 'r1', 'ready')
    await target.apply(key, wantOf(second), call())
    await target.apply(key, wantOf(second), call())
    expect(await observedRevision(target, 'r1')).toMatchObject({ state: 'stopping' })
    expect(await target.apply(key, wantOf(first, second), call())).toMatchObject({ kind: 'busy' })
  })

  it('keeps the log within its bound', async () => {
    const target = scene.open({ logBytes: 20_000 })
    await target.apply(key, wantOf(scene.revision('r1', 'chatty')), call())
    const path = join(scene.state, key, 'r1')
    await eventually('the log was cut', () => existsSync(join(path, 'log.1')))
    expect((await stat(join(path, 'log.1'))).size).toBeLessThanOrEqual(10_000)
    await eventually('the log is short again', async () => (await stat(join(path, 'log'))).size < 20_000)
  })

  it('writes no secret to disk', async () => {
    const target = scene.open()
    await target.apply(key, wantOf(scene.revision('r1')), call())
    await inState(target, 'r1', 'ready')
    const entries = await readdir(scene.folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((each) => each.isFile())
    const texts = await Promise.all(files.map((each) => readFile(join(each.parentPath, each.name), 'utf8')))
    expect(texts.length).toBeGreaterThan(4)
    expect(texts.filter((text) => text.includes(secretValue))).toEqual([])
    const [started] = scene.lines()
    expect(await readFile(`/proc/${started?.pid}/cmdline`, 'utf8').catch(() => '')).not.toContain(secretValue)
  })

  it('refuses a folder that another target uses, until that target is closed', async () => {
    const first = scene.open()
    const second = scene.open()
    await first.list()
    await expect(second.list()).rejects.toSatisfy(
      (error) =>
        isModelspineError(error, 'target-unavailable') && error.message.includes('in use by this process'),
    )
    await first.close()
    expect(await second.list()).toEqual([])
  })

  it('names the keys that changed', async () => {
    const target = scene.open()
    const abort = new AbortController()
    const seen: string[] = []
    const listening = (async () => {
      for await (const changed of target.changes(abort.signal)) seen.push(changed)
    })()
    await target.apply(key, wantOf(scene.revision('r1')), call())
    await inState(target, 'r1', 'ready')
    await eventually('the change was told', () => seen.includes(key))
    abort.abort()
    await listening
    expect(new Set(seen)).toEqual(new Set([key]))
  })

  it('stops all processes and leaves no revision behind', async () => {
    const target = scene.open()
    await target.apply(key, wantOf(scene.revision('r1')), call())
    await target.apply('default/other', wantOf(scene.revision('r1')), call())
    const pids = (await eventually('both run', () => scene.lines().length === 2 && scene.lines())).map(
      ({ pid }) => pid,
    )
    await target.stopAll()
    expect(pids.filter((pid) => isRunning(pid ?? 0))).toEqual([])
    expect(await target.list()).toEqual([])
  })

  it('refuses calls after it was closed', async () => {
    const target = scene.open()
    await target.close()
    await expect(target.observe(key)).rejects.toSatisfy((error) => isModelspineError(error, 'stopped'))
  })
})
