import { describe, expect, it } from 'vitest'
import type { ApplyOptions, TargetWant } from '../../../src/deployment-target/contract.ts'
import { memoryTarget } from '../../../src/deployment-target/memory-target.ts'
import { isModelspineError, ModelspineError } from '../../../src/errors.ts'
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
const open = () => memoryTarget({ clock: createFakeClock() })

describe('the faults of memoryTarget', () => {
  it.each(['apply', 'destroy'] as const)('a failed %s that never left answers not-sent', async (name) => {
    const target = open()
    await target.apply(key, want, call)
    const done = target.world.journal.length
    const calls = { apply: () => target.apply(key, { ...want, revisions: [first, second] }, call) }
    const ask = name === 'apply' ? calls.apply : () => target.destroy(key, call)
    target.failNext(name, 'before')
    expect(await ask()).toMatchObject({ kind: 'not-sent', message: `${name} was told to fail` })
    expect(target.world.journal).toHaveLength(done)
    expect(await ask()).toEqual({ kind: 'accepted' })
  })

  it('a given error is thrown before the work, too', async () => {
    const target = open()
    target.failNext('apply', 'before', new ModelspineError('fence-stale', 'fence 1 is older than 7'))
    await expect(target.apply(key, want, call)).rejects.toMatchObject({ code: 'fence-stale' })
    expect(target.world.created).toBe(0)
  })

  it('a call whose answer is lost does its work', async () => {
    const target = open()
    target.failNext('apply', 'after', new Error('the answer was lost'))
    await expect(target.apply(key, want, call)).rejects.toThrow('the answer was lost')
    expect(target.world.created).toBe(1)
    expect(await target.apply(key, want, call)).toEqual({ kind: 'unchanged' })
  })

  it.each(['observe', 'list'] as const)('a failed %s throws once', async (name) => {
    const target = open()
    const calls = { observe: () => target.observe(key), list: () => target.list() }
    target.failNext(name)
    await expect(calls[name]()).rejects.toSatisfy((error) => isModelspineError(error, 'target-unavailable'))
    await calls[name]()
  })

  it('a busy and a refusing vendor answer so once', async () => {
    const target = open()
    target.busyNext(70)
    target.refuseNext('NoQuota', 'no accelerators are left')
    expect(await target.apply(key, want, call)).toEqual({ kind: 'busy', retryAfterMs: 70 })
    expect(await target.apply(key, want, call)).toMatchObject({ kind: 'refused', reason: 'NoQuota' })
    expect(await target.apply(key, want, call)).toEqual({ kind: 'accepted' })
  })

  it('an operation that the vendor fails at once is answered as failed', async () => {
    const target = open()
    target.failNextOperation('QuotaExceeded')
    expect(await target.apply(key, want, call)).toMatchObject({ kind: 'failed', reason: 'QuotaExceeded' })
    expect(target.world.created).toBe(0)
    expect((await target.observe(key)).operations).toEqual([])
    await target.apply(key, want, call)
    target.failNextOperation('StillReferenced')
    expect(await target.destroy(key, call)).toMatchObject({ kind: 'failed', reason: 'StillReferenced' })
    expect(target.world.journal).toHaveLength(1)
  })

  it('an operation that the vendor accepts and fails later is observed with its reason', async () => {
    const target = open()
    target.failNextOperation('QuotaExceeded', 'observed')
    expect(await target.apply(key, want, call)).toEqual({ kind: 'accepted', handle: 'op' })
    const operations = [{ operationId: 'op', state: 'failed', reason: 'QuotaExceeded' }]
    expect(await target.observe(key)).toEqual({ revisions: [], operations })
    await target.apply(key, want, { ...call, operationId: 'op-2' })
    expect(await target.observe(key)).toMatchObject({ revisions: [{ state: 'ready' }], operations })
    await target.destroy(key, call)
    await target.destroy(key, call)
    expect((await target.observe(key)).operations).toEqual([])
  })

  it('with random names a failed operation is found by its handle only', async () => {
    const target = memoryTarget({ clock: createFakeClock(), capabilities: { names: 'random' } })
    target.failNextOperation('QuotaExceeded', 'observed')
    const result = await target.apply(key, want, call)
    const handles = result.kind === 'accepted' && result.handle !== undefined ? [result.handle] : []
    expect((await target.observe(key)).operations).toEqual([])
    expect((await target.observe(key, { handles })).operations).toHaveLength(1)
  })

  it('the vendor forgets all but the newest twenty failed operations', async () => {
    const target = open()
    for (let operation = 1; operation <= 25; operation += 1) {
      target.failNextOperation('QuotaExceeded', 'observed')
      await target.apply(key, want, { ...call, operationId: `op-${operation}` })
    }
    const { operations } = await target.observe(key)
    expect(operations.map(({ operationId }) => operationId)).toEqual(
      Array.from({ length: 20 }, (_, place) => `op-${place + 6}`),
    )
  })
})
