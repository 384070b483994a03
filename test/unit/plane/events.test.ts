import { describe, expect, it } from 'vitest'
import { type Logger, ModelspineError, type PlaneEvent } from '../../../src/index.ts'
import { ann, digits, planeFixture, registerVersions, serving } from './plane-fixture.ts'

function recording(): { logger: Logger; lines: { level: string; fields: unknown; message: string }[] } {
  const lines: { level: string; fields: unknown; message: string }[] = []
  const at = (level: string) => (fields: unknown, message: string) =>
    void lines.push({ level, fields, message })
  return {
    logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } as Logger,
    lines,
  }
}

describe('events', () => {
  it('name the action, the resource and the actor', async () => {
    const { plane, clock } = planeFixture()
    const heard: PlaneEvent[] = []
    plane.on('deployment-applied', (event) => heard.push(event))
    await plane.apply(digits('1'), { actor: ann })
    expect(heard).toEqual([
      {
        action: 'deployment-applied',
        kind: 'ModelDeployment',
        key: 'default/digits',
        generation: 1,
        atMs: clock.now(),
        actor: ann,
        details: { model: 'models/digits:1', specDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    ])
  })

  it('are emitted after they are committed', async () => {
    const fixture = planeFixture()
    const { plane, store } = fixture
    const standing: boolean[] = []
    const looks: Promise<void>[] = []
    plane.on('event', ({ kind, key, generation, action }) => {
      const look = async (): Promise<void> => {
        const stored = await store.get(kind, key)
        standing.push(
          action === 'deployment-removed' ? stored === null : (stored?.generation ?? 0) >= generation,
        )
      }
      looks.push(look())
    })
    await serving(fixture)
    await plane.delete('digits', { actor: ann })
    await fixture.until(async () => (await plane.get('digits')) === null)
    await Promise.all(looks)
    expect(standing.length).toBeGreaterThan(5)
    expect(standing).not.toContain(false)
    await plane.stop()
  })

  it('reach the other listeners when one listener throws or rejects, and its error is logged', async () => {
    const { logger, lines } = recording()
    const { plane, events } = planeFixture({ plane: { logger } })
    const heard: string[] = []
    plane.on('deployment-applied', () => {
      throw new Error('a bug')
    })
    plane.on('event', async () => {
      throw new Error('another bug')
    })
    plane.on('event', ({ action }) => heard.push(action))
    expect(await plane.apply(digits('1'), { actor: ann })).toMatchObject({ change: 'created' })
    await Promise.resolve()
    expect(heard).toEqual(['deployment-applied'])
    expect(events).toHaveLength(1)
    expect(lines.map(({ level, fields, message }) => [level, fields, message])).toEqual([
      ['error', { event: 'deployment-applied', error: 'a bug' }, 'a listener failed'],
      ['error', { event: 'event', error: 'another bug' }, 'a listener failed'],
    ])
  })

  it('log a listener of a part that fails like any other', async () => {
    const { logger, lines } = recording()
    const { plane, registry, until } = planeFixture({ plane: { logger } })
    plane.on('part-failing', () => {
      throw new Error('a bug')
    })
    registry.resolve = async () => {
      throw new ModelspineError('registry-unavailable', 'away')
    }
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(() => plane.health().faults.length > 0)
    const said = lines.filter(({ message }) => message === 'a listener failed')
    expect(said.map(({ fields }) => fields)).toEqual([{ event: 'part-failing', error: 'a bug' }])
    await plane.stop()
  })

  it('do not cost the plane its lease when a listener throws', async () => {
    const fixture = planeFixture()
    const { plane } = fixture
    plane.on('lease-gained', () => {
      throw new Error('a bug')
    })
    await serving(fixture)
    expect(plane.health().leading).toBe(true)
    await plane.stop()
  })

  it('report that the lease is gained and lost', async () => {
    const { plane, clock } = planeFixture()
    const told: string[] = []
    plane.on('lease-gained', () => told.push('gained'))
    plane.on('lease-lost', () => told.push('lost'))
    await plane.start()
    await clock.advance(1)
    expect(told).toEqual(['gained'])
    await plane.stop()
    expect(told).toEqual(['gained', 'lost'])
  })

  it('no longer reach a listener that stopped listening', async () => {
    const { plane } = planeFixture()
    let heard = 0
    const stop = plane.on('event', () => {
      heard += 1
    })
    await plane.apply(digits('1'), { actor: ann })
    stop()
    stop()
    await plane.apply(digits('2'), { actor: ann })
    expect(heard).toBe(1)
  })

  it('are logged in levels: a hindered reconcile is a warning', async () => {
    const { logger, lines } = recording()
    const { plane, registry, target, until, phase } = planeFixture({ plane: { logger } })
    await registerVersions(registry, '1')
    target.failNext('observe')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    expect(lines).toContainEqual({
      level: 'warn',
      fields: { key: 'default/digits', reason: 'TargetUnavailable', message: 'observe was told to fail' },
      message: 'a reconcile was hindered',
    })
    await plane.stop()
    expect(lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})
