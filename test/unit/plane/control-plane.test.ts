import { describe, expect, it } from 'vitest'
import { splitIn } from '../../status.ts'
import { ann, digits, planeFixture, registerVersions } from './plane-fixture.ts'

describe('a control plane', () => {
  it('deploys a first version and gives it all traffic', async () => {
    const { plane, registry, until, phase } = planeFixture()
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    const { status } = (await plane.get('digits')) ?? {}
    expect(splitIn(status)).toEqual([{ revision: status?.stable, weight: 100 }])
    expect(status?.conditions.find(({ type }) => type === 'Ready')?.status).toBe('True')
    await plane.stop()
  })

  it('writes nothing once the deployment is converged', async () => {
    const { plane, registry, until, phase, store, clock, world } = planeFixture()
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    await clock.advance(1000)
    const before = await store.get('ModelDeployment', 'default/digits')
    const mutations = world.journal.length
    await clock.advance(600_000)
    expect((await store.get('ModelDeployment', 'default/digits'))?.version).toBe(before?.version)
    expect(world.journal.length).toBe(mutations)
    await plane.stop()
  })

  it('replaces a version step by step and removes the old one', async () => {
    const { plane, registry, until, phase, events, world } = planeFixture()
    await registerVersions(registry, '1', '2')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    await plane.apply(
      digits('2', {
        strategy: { canary: { steps: [{ weight: 5 }, { pause: '1s' }, { weight: 50 }, { pause: '1s' }] } },
      }),
      { actor: ann },
    )
    await until(async () => (await phase()) === 'pausing')
    await until(async () => (await phase()) === 'converged')
    const splits = events
      .filter(({ action }) => action === 'split-changed')
      .map(({ details }) => (details.split as { weight: number }[]).map(({ weight }) => weight))
    expect(splits).toEqual([[100], [95, 5], [50, 50], [100]])
    expect(world.journal.map(({ kind }) => kind)).toMatchInlineSnapshot(`
      [
        "created",
        "created",
        "removed",
      ]
    `)
    await plane.stop()
  })

  it('audits every change once', async () => {
    const { plane, registry, until, phase, audit, events } = planeFixture()
    await registerVersions(registry, '1', '2')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    await plane.apply(digits('2'), { actor: ann })
    await until(async () => (await phase()) === 'converged' && events.at(-1)?.generation === 2)
    await plane.stop()
    const recorded: string[] = []
    for await (const { action } of audit.read()) recorded.push(action)
    expect(recorded).toEqual(events.map(({ action }) => action))
    expect(await audit.verify()).toMatchObject({ ok: true, records: events.length })
  })

  it('never runs two looks at one deployment at the same time', async () => {
    const { plane, registry, target, clock, until, phase } = planeFixture()
    const observe = target.observe.bind(target)
    let working = 0
    let most = 0
    let looks = 0
    target.observe = async (key, options) => {
      working += 1
      looks += 1
      most = Math.max(most, working)
      await new Promise<void>((resolve) => clock.schedule(40, resolve))
      working -= 1
      return observe(key, options)
    }
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(() => working === 1)
    const asked = Promise.all([plane.reconcileOnce('digits'), plane.reconcileOnce('digits')])
    let answered = false
    asked.finally(() => {
      answered = true
    })
    await until(() => answered)
    await asked
    await until(async () => (await phase()) === 'converged')
    expect(looks).toBeGreaterThan(3)
    expect(most).toBe(1)
    await Promise.all([plane.stop(), clock.advance(100)])
  })
})
