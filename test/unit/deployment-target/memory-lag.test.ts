import { describe, expect, it } from 'vitest'
import type { ApplyOptions, TargetWant } from '../../../src/deployment-target/contract.ts'
import { memoryTarget } from '../../../src/deployment-target/memory-target.ts'
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

function laggingTarget(names: 'deterministic' | 'tagged' | 'random') {
  const clock = createFakeClock()
  return { clock, target: memoryTarget({ clock, listLagMs: 3000, capabilities: { names } }) }
}

describe('memoryTarget with lists that lag', () => {
  it('declares the lag, unless it is told to declare another one', () => {
    expect(memoryTarget({ listLagMs: 3000 }).capabilities.listLagMs).toBe(3000)
    const hasty = memoryTarget({ listLagMs: 3000, capabilities: { listLagMs: 100 } })
    expect(hasty.capabilities.listLagMs).toBe(100)
    expect(memoryTarget().capabilities).not.toHaveProperty('listLagMs')
  })

  it('shows what was created only after the lag, in observe and list', async () => {
    const { clock, target } = laggingTarget('tagged')
    await target.apply(key, want, call)
    await clock.advance(2999)
    expect((await target.observe(key)).revisions).toEqual([])
    expect(await target.list()).toEqual([])
    await clock.advance(1)
    expect((await target.observe(key)).revisions).toMatchObject([{ revision: 'r1', state: 'ready' }])
    expect(await target.list()).toEqual([key])
  })

  it.each(['deterministic', 'tagged'] as const)(
    'finds what it created at %s names when it is wanted again, and goes on with the rest',
    async (names) => {
      const { target } = laggingTarget(names)
      await target.apply(key, want, call)
      expect(await target.apply(key, want, { ...call, operationId: 'op-2' })).toEqual({ kind: 'unchanged' })
      await target.apply(key, { ...want, revisions: [first, second] }, call)
      expect(target.world.journal.map(({ revision }) => revision)).toEqual(['r1', 'r2'])
    },
  )

  it('creates a second one at random names, also for a caller that has the handle', async () => {
    const { clock, target } = laggingTarget('random')
    const result = await target.apply(key, want, call)
    const handles = result.kind === 'accepted' && result.handle !== undefined ? [result.handle] : []
    expect((await target.observe(key, { handles })).revisions).toEqual([])
    await target.apply(key, want, { ...call, handles })
    expect(target.world.created).toBe(2)
    await clock.advance(3000)
    expect(await target.apply(key, want, { ...call, handles })).toEqual({ kind: 'unchanged' })
  })

  it('destroys what is not shown yet, where it has the name or the handle', async () => {
    const named = laggingTarget('deterministic').target
    await named.apply(key, want, call)
    expect(await named.destroy(key, call)).toEqual({ kind: 'accepted' })
    expect(await named.destroy(key, call)).toEqual({ kind: 'unchanged' })
    const { target } = laggingTarget('random')
    const result = await target.apply(key, want, call)
    const handles = result.kind === 'accepted' && result.handle !== undefined ? [result.handle] : []
    expect(await target.destroy(key, call)).toEqual({ kind: 'unchanged' })
    expect(await target.destroy(key, { ...call, handles })).toEqual({ kind: 'accepted' })
    expect(target.world.journal.map(({ kind }) => kind)).toEqual(['created', 'removed'])
  })
})
