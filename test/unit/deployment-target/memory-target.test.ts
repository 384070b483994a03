import { describe, expect, it } from 'vitest'
import type { ApplyOptions, TargetWant } from '../../../src/deployment-target/contract.ts'
import { memoryTarget } from '../../../src/deployment-target/memory-target.ts'
import { createMemoryWorld } from '../../../src/deployment-target/memory-world.ts'
import { isModelspineError } from '../../../src/errors.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { fileRevisions } from './revisions.ts'

const [first, second] = fileRevisions
const key = 'default/churn'
const call: ApplyOptions = { operationId: 'op', fence: 1, secret: async () => ({ reveal: () => 'x' }) }
const want: TargetWant = { revisions: [first], split: [], scale: { min: 1, max: 1 } }

describe('memoryTarget', () => {
  it('makes a revision ready after readyAfterMs', async () => {
    const clock = createFakeClock()
    const target = memoryTarget({ clock, readyAfterMs: 500 })
    await target.apply(key, want, call)
    expect(await stateOf(target)).toBe('starting')
    await clock.advance(499)
    expect(await stateOf(target)).toBe('starting')
    await clock.advance(1)
    expect(await stateOf(target)).toBe('ready')
  })

  it('observes the same object again while nothing changes', async () => {
    const target = memoryTarget({ clock: createFakeClock() })
    await target.apply(key, want, call)
    expect(await target.observe(key)).toBe(await target.observe(key))
  })

  it('changes nothing when told to fail before its work, and does the work when told to fail after it', async () => {
    const target = memoryTarget({ clock: createFakeClock() })
    target.failNext('apply')
    await expect(target.apply(key, want, call)).rejects.toSatisfy((error) =>
      isModelspineError(error, 'target-unavailable'),
    )
    expect(target.world.created).toBe(0)
    target.failNext('apply', 'after', new Error('the answer was lost'))
    await expect(target.apply(key, want, call)).rejects.toThrow('the answer was lost')
    expect(target.world.created).toBe(1)
    expect(await target.apply(key, want, call)).toEqual({ kind: 'unchanged' })
  })

  it.each(['observe', 'list', 'destroy'] as const)('fails only the next %s when told to', async (name) => {
    const target = memoryTarget({ clock: createFakeClock() })
    const calls = {
      observe: () => target.observe(key),
      list: () => target.list(),
      destroy: () => target.destroy(key, call),
    }
    target.failNext(name)
    await expect(calls[name]()).rejects.toThrow(`${name} was told to fail`)
    await calls[name]()
  })

  it('is busy once and refuses once when told to', async () => {
    const target = memoryTarget({ clock: createFakeClock() })
    target.busyNext(70)
    target.refuseNext('NoQuota', 'no accelerators are left')
    expect(await target.apply(key, want, call)).toEqual({ kind: 'busy', retryAfterMs: 70 })
    expect(await target.apply(key, want, call)).toMatchObject({ kind: 'refused', reason: 'NoQuota' })
    expect(await target.apply(key, want, call)).toEqual({ kind: 'accepted' })
  })

  it('holds a revision in a state until released', async () => {
    const target = memoryTarget({ clock: createFakeClock() })
    target.world.hold('r1', { state: 'failed', reason: 'CrashLoop', message: 'it fell over' })
    await target.apply(key, want, call)
    expect((await target.observe(key)).revisions[0]).toMatchObject({ state: 'failed', reason: 'CrashLoop' })
    target.world.release('r1')
    expect(await stateOf(target)).toBe('ready')
  })

  it('with random names sees only the revisions whose handles it gets', async () => {
    const clock = createFakeClock()
    const target = memoryTarget({ clock, capabilities: { names: 'random' } })
    const result = await target.apply(key, want, call)
    const handles = result.kind === 'accepted' && result.handle !== undefined ? [result.handle] : []
    expect((await target.observe(key)).revisions).toEqual([])
    expect((await target.observe(key, { handles })).revisions).toHaveLength(1)
    await target.apply(key, want, call)
    expect(target.world.created).toBe(2)
    expect((await target.observe(key, { handles })).revisions).toHaveLength(1)
  })

  it('does not create a revision again while that revision is on its way out', async () => {
    const clock = createFakeClock()
    const target = memoryTarget({ clock, goneAfterMs: 300 })
    await target.apply(key, { ...want, revisions: [first, second] }, call)
    await target.apply(key, { ...want, revisions: [first, second] }, call)
    await target.apply(key, { ...want, revisions: [second] }, call)
    expect(await target.apply(key, want, call)).toEqual({ kind: 'busy', retryAfterMs: 300 })
    await clock.advance(300)
    expect(await target.apply(key, want, call)).toEqual({ kind: 'accepted' })
    expect(target.world.journal.map(({ kind, revision }) => `${kind} ${revision}`)).toEqual([
      'created r1',
      'created r2',
      'removed r1',
      'created r1',
    ])
  })

  it('changes the scale in place', async () => {
    const target = memoryTarget({ clock: createFakeClock() })
    await target.apply(key, want, call)
    await target.apply(key, { ...want, scale: { min: 2, max: 5 } }, call)
    expect((await target.observe(key)).revisions[0]).toMatchObject({ scale: { min: 2, max: 5 } })
    expect(target.world.created).toBe(1)
  })

  it('refuses a world that it did not make', () => {
    const fake = { ...createMemoryWorld() }
    expect(() => memoryTarget({ world: fake })).toThrow('createMemoryWorld()')
  })
})

async function stateOf(target: ReturnType<typeof memoryTarget>): Promise<string | undefined> {
  return (await target.observe(key)).revisions[0]?.state
}
