import { describe, expect, it } from 'vitest'
import type { ApplyOptions, TargetWant } from '../../../src/deployment-target/contract.ts'
import { memoryTarget } from '../../../src/deployment-target/memory-target.ts'
import { createMemoryWorld } from '../../../src/deployment-target/memory-world.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { fileRevisions } from './revisions.ts'

const [first, second] = fileRevisions
const key = 'default/churn'
const call: ApplyOptions = {
  operationId: 'op',
  fence: 1,
  secret: async () => ({ reveal: () => 'hidden-value' }),
}
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

  it.each([
    ['reported', { scale: { min: 2, max: 5 } }],
    ['unreported', {}],
  ] as const)('scales once and shows a scale that is %s', async (scale, shown) => {
    const target = memoryTarget({ clock: createFakeClock(), capabilities: { scale } })
    await target.apply(key, want, call)
    const scaled = { ...want, scale: { min: 2, max: 5 } }
    expect(await target.apply(key, scaled, call)).toEqual({ kind: 'accepted' })
    expect(await target.apply(key, scaled, call)).toEqual({ kind: 'unchanged' })
    expect(target.world.journal.map(({ kind }) => kind)).toEqual(['created', 'scaled'])
    const [observed] = (await target.observe(key)).revisions
    expect(observed?.scale === undefined ? {} : { scale: observed.scale }).toEqual(shown)
  })

  it('keeps a revision as it is, with its scale and its traffic', async () => {
    const target = memoryTarget({ clock: createFakeClock(), capabilities: { split: 'percent' } })
    await target.apply(key, want, call)
    const keeping: TargetWant = {
      revisions: [second],
      keep: ['r1'],
      split: [
        { revision: 'r1', weight: 90 },
        { revision: 'r2', weight: 10 },
      ],
      scale: { min: 2, max: 2 },
    }
    for (let calls = 0; calls < 3; calls += 1) await target.apply(key, keeping, call)
    expect(await target.apply(key, keeping, call)).toEqual({ kind: 'unchanged' })
    expect((await target.observe(key)).revisions).toMatchObject([
      { revision: 'r1', weight: 90, scale: { min: 1, max: 1 } },
      { revision: 'r2', weight: 10, scale: { min: 2, max: 2 } },
    ])
  })

  it('refuses a world that it did not make', () => {
    const fake = { ...createMemoryWorld() }
    expect(() => memoryTarget({ world: fake })).toThrow('createMemoryWorld()')
  })
})

async function stateOf(target: ReturnType<typeof memoryTarget>): Promise<string | undefined> {
  return (await target.observe(key)).revisions[0]?.state
}
