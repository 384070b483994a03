import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createPort } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { allow, type ConditionType, type ControlPlane, rule, rulesPolicy } from 'modelspine'
import { openInference } from 'modelspine/adapters/open-inference'
import { conditionOf } from 'modelspine/resources'
import { describe, expect, it } from 'vitest'
import { madeOf, splitIn } from '../../status.ts'
import { ann, collect, digits, route } from './plane-fixture.ts'
import { createScene, type House, until } from './real-scene.ts'

async function reasonOf(plane: ControlPlane, type: ConditionType): Promise<string | undefined> {
  const condition = conditionOf((await plane.get('digits'))?.status?.conditions ?? [], type)
  return condition?.status === 'True' || type === 'Progressing' || type === 'ModelResolved'
    ? condition?.reason
    : undefined
}

/** After the fault, the deployment converges, no condition reports a fault, and every event is audited. */
async function converges({ plane, store }: House): Promise<void> {
  await until('it is ready', async () => (await plane.get('digits'))?.status?.rollout.phase === 'converged')
  expect(await reasonOf(plane, 'Ready')).toBe('Serving')
  expect(await reasonOf(plane, 'Degraded')).toBeUndefined()
  await until('all is audited', async () => (await store.readEvents(1)).length === 0)
  expect(plane.health().faults).toEqual([])
  expect(await plane.audit.verify()).toMatchObject({ ok: true })
  const actions = (await collect(plane.audit.read())).map(({ action }) => action)
  expect(actions.filter((action) => action === 'deployment-applied').length).toBeGreaterThan(0)
  expect(actions).toContain('rollout-completed')
}

describe('a real plane among real faults', { concurrent: true, timeout: 40_000 }, () => {
  it('does not start on a corrupt file, reports it, and leaves the file unchanged', async ({
    onTestFinished,
  }) => {
    const { at, open } = createScene(onTestFinished)
    writeFileSync(at('state.db'), 'this is no database, '.repeat(1000))
    const before = readFileSync(at('state.db'))
    const { plane } = open()
    await expect(plane.start()).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringMatching(
        /state\.db: the file is damaged or not a SQLite database: restore it from a backup/,
      ),
    })
    await expect(plane.apply(digits('1'), { actor: ann })).rejects.toMatchObject({ code: 'store-corrupt' })
    expect(plane.health()).toMatchObject({
      leading: false,
      faults: [{ part: 'store', reason: 'StoreCorrupt' }],
    })
    await plane.stop()
    expect(readFileSync(at('state.db'))).toEqual(before)
  })

  it('reports a full file, loses no event, and goes on once there is room', async ({ onTestFinished }) => {
    const { register, open } = createScene(onTestFinished)
    await register('1', '2')
    const house = open({}, 60)
    const { plane, store } = house
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await converges(house)
    // Fills the file with routes until a write no longer fits.
    const filled: string[] = []
    const pad = 'x'.repeat(1500)
    await expect(
      (async () => {
        for (let place = 0; place < 500; place += 1) {
          const name = `filler-${place}`
          await plane.apply({ ...route(name), metadata: { name, annotations: { pad } } }, { actor: ann })
          filled.push(name)
        }
      })(),
    ).rejects.toMatchObject({ code: 'store-full', details: { sqliteCode: 13 } })
    await until('health says so', () => plane.health().faults.some(({ reason }) => reason === 'StoreFull'))
    // One failed write is told of by the part that made it, and several in a row by the store itself. What has
    // converged writes nothing, so the writes are this test's.
    await until('explain says so', async () => {
      const more = { ...route('one-more'), metadata: { name: 'one-more', annotations: { pad } } }
      await expect(plane.apply(more, { actor: ann })).rejects.toMatchObject({ code: 'store-full' })
      const { fault, waitsFor } = await plane.explain('digits')
      return fault?.reason === 'StoreFull' && /StoreFull/.test(waitsFor)
    })
    expect((await collect(plane.listRoutes())).length).toBe(filled.length)
    await store.setMaxPages(100_000)
    await plane.apply(digits('2'), { actor: ann })
    await until('2 is wanted', async () => (await plane.get('digits'))?.status?.observedGeneration === 2)
    await converges(house)
    const applied = (await collect(plane.audit.read())).filter(({ action }) => action === 'route-applied')
    expect(applied.map(({ key }) => key)).toEqual(filled.map((name) => `default/${name}`))
  })

  it('turns back a revision that never becomes ready, and tries it again after retry', async ({
    onTestFinished,
  }) => {
    const { breaks, mends, register, open } = createScene(onTestFinished)
    await register('1')
    breaks('never-listens')
    const house = open()
    const { plane } = house
    await plane.start()
    await plane.apply(digits('1', { deadline: '1s' }), { actor: ann })
    await expect(plane.wait('digits', { timeoutMs: 20_000 })).rejects.toMatchObject({
      code: 'wrong-phase',
      details: { reason: 'ProgressDeadlineExceeded' },
    })
    mends('never-listens')
    await plane.apply(digits('1', { deadline: '30s' }), { actor: ann })
    await plane.retry('digits', { actor: ann })
    await converges(house)
  })

  it('reports a ready revision that refuses every request, until the revision answers', async ({
    onTestFinished,
  }) => {
    const { register, open } = createScene(onTestFinished)
    await register('1')
    const inferPort = await freePort()
    const connect = {
      'open-inference': () =>
        openInference({ protocol: 'open-inference', address: `http://127.0.0.1:${inferPort}` }),
    }
    const house = open({ connect })
    const { plane } = house
    await plane.start()
    await plane.apply(route(), { actor: ann })
    await plane.apply(digits('1'), { actor: ann })
    await plane.wait('digits', { timeoutMs: 20_000 })
    const infer = () => plane.router.infer('digits', { kind: 'tensors', inputs: [] })
    for (let sent = 0; sent < 12; sent += 1)
      await expect(infer()).rejects.toMatchObject({ code: 'unavailable' })
    await until(
      'it is a condition',
      async () => (await reasonOf(plane, 'StableUnhealthy')) === 'RequestsFailing',
    )
    expect((await plane.explain('digits')).waitsFor).toMatch(/ready, but it fails every request/)
    const version = (await house.store.get('ModelDeployment', 'default/digits'))?.version
    await expect(infer()).rejects.toMatchObject({ code: 'unavailable' })
    await pause(1000)
    expect((await house.store.get('ModelDeployment', 'default/digits'))?.version).toBe(version)
    const mended = createServer((request, response) => {
      request.resume()
      response.setHeader('content-type', 'application/json').end('{"model_name":"digits","outputs":[]}')
    })
    onTestFinished(() => void mended.close())
    await new Promise<void>((resolve) => mended.listen(inferPort, '127.0.0.1', resolve))
    await infer()
    await until('it is well again', async () => (await reasonOf(plane, 'StableUnhealthy')) === undefined)
    await converges(house)
  })

  it('turns back a candidate that refuses every request while the stable revision answers', async ({
    onTestFinished,
  }) => {
    const { register, open } = createScene(onTestFinished)
    await register('1', '2')
    const closed = await freePort()
    const refusing = new Set<string>()
    const house = open({
      connect: {
        'open-inference': (endpoint) =>
          openInference(
            refusing.has(endpoint.address)
              ? { ...endpoint, address: `http://127.0.0.1:${closed}` }
              : endpoint,
          ),
      },
    })
    const { plane, target } = house
    await plane.start()
    await plane.apply(route(), { actor: ann })
    await plane.apply(digits('1'), { actor: ann })
    await plane.wait('digits', { timeoutMs: 20_000 })
    await plane.apply(
      digits('2', {
        strategy: {
          canary: {
            steps: [{ pause: 'until-promoted' }, { weight: 50 }, { analyze: ['errors'], for: '10m' }],
          },
        },
        analysis: [{ name: 'errors', metric: 'requests.errors', minSamples: 10, pass: { atMost: 0.1 } }],
      }),
      { actor: ann },
    )
    await until('it waits', async () => (await plane.get('digits'))?.status?.rollout.phase === 'pausing')
    const { stable } = (await plane.get('digits'))?.status ?? {}
    for (const { revision, endpoint } of (await target.observe('default/digits')).revisions) {
      if (revision !== stable && endpoint !== undefined) refusing.add(endpoint.address)
    }
    await plane.promote('digits', { actor: ann })
    let sent = 0
    await until('it was turned back', async () => {
      await plane.router.infer('digits', { kind: 'tensors', inputs: [] })
      sent += 1
      return (await plane.get('digits'))?.status?.rollout.phase === 'failed'
    })
    expect(sent).toBeGreaterThan(10)
    expect(await reasonOf(plane, 'Progressing')).toBe('GateFailed')
    expect(splitIn((await plane.get('digits'))?.status)).toEqual([{ revision: stable, weight: 100 }])
    refusing.clear()
    await plane.apply(digits('2'), { actor: ann })
    await plane.retry('digits', { actor: ann })
    await converges(house)
  })

  it('creates no revision while a policy throws, and asks the policy again', async ({ onTestFinished }) => {
    const { register, open } = createScene(onTestFinished)
    await register('1')
    let broken = true
    const check = () => {
      if (broken) throw new Error('the bundle is gone')
      return allow()
    }
    const house = open({ policies: [rulesPolicy('promotion', [rule('healthy', { on: 'promote', check })])] })
    const { plane, target } = house
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until('it is a condition', async () => (await reasonOf(plane, 'PolicyDenied')) === 'PolicyError')
    expect((await plane.explain('digits')).waitsFor).toContain('the bundle is gone')
    expect(await target.list()).toEqual([])
    broken = false
    await converges(house)
  })

  it('keeps the split while the registry is down, and rolls out once the registry is back', async ({
    onTestFinished,
  }) => {
    const { at, register, open } = createScene(onTestFinished)
    await register('1', '2')
    const house = open()
    const { plane } = house
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await converges(house)
    const split = splitIn((await plane.get('digits'))?.status)
    const record = at('models')
    renameSync(record, at('models-away'))
    writeFileSync(record, 'this is no folder')
    await plane.apply(digits('2'), { actor: ann })
    await until(
      'it is a condition',
      async () => (await reasonOf(plane, 'ModelResolved')) === 'RegistryUnavailable',
    )
    expect(splitIn((await plane.get('digits'))?.status)).toEqual(split)
    rmSync(record)
    renameSync(at('models-away'), record)
    await until('2 is wanted', async () => {
      const { status } = (await plane.get('digits')) ?? {}
      return madeOf(status, status?.desired)?.model.version === '2'
    })
    await converges(house)
  })
})

/** A port on which no server listens. */
async function freePort(): Promise<number> {
  const holder = createPort()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  const { port } = holder.address() as AddressInfo
  await new Promise((resolve) => holder.close(resolve))
  return port
}
