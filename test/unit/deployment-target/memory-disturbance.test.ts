import { describe, expect, it } from 'vitest'
import type { ApplyOptions, TargetWant } from '../../../src/deployment-target/contract.ts'
import type { Disturbance } from '../../../src/deployment-target/memory-disturbance.ts'
import { memoryTarget } from '../../../src/deployment-target/memory-target.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { fileRevisions } from './revisions.ts'

const key = 'default/churn'
const want: TargetWant = { revisions: [fileRevisions[0]], split: [], scale: { min: 1, max: 1 } }

function scene(disturbance: Disturbance) {
  const clock = createFakeClock()
  const target = memoryTarget({ clock })
  target.disturb(disturbance)
  const abort = new AbortController()
  const call: ApplyOptions = {
    operationId: 'op',
    fence: 1,
    secret: async () => ({ reveal: () => 'hidden-value' }),
    abortSignal: abort.signal,
  }
  /** What each call has come to so far. */
  const ends: Record<string, unknown> = {}
  const calls = {
    apply: () => target.apply(key, want, call),
    observe: () => target.observe(key, call),
    list: () => target.list(call),
    destroy: () => target.destroy(key, call),
  }
  for (const [name, ask] of Object.entries(calls)) {
    ask().then(
      (result) => void Object.assign(ends, { [name]: result }),
      (error) => void Object.assign(ends, { [name]: error.code }),
    )
  }
  return { clock, target, abort, ends, call }
}

const each = (value: string) => ({ apply: value, observe: value, list: value, destroy: value })

describe('a disturbed memoryTarget', () => {
  it('that hangs answers never, also when it is lifted, and ends by an abort', async () => {
    const { clock, target, abort, ends, call } = scene('hang')
    await clock.advance(3_600_000)
    target.disturb(undefined)
    await clock.advance(3_600_000)
    expect(ends).toEqual({})
    abort.abort()
    await clock.advance(0)
    expect(ends).toEqual(each('aborted'))
    target.disturb('hang')
    await expect(target.observe(key, call)).rejects.toMatchObject({ code: 'aborted' })
    expect(target.world.created).toBe(0)
  })

  it('that ignores its abort does its work late, when it is lifted', async () => {
    const { clock, target, abort, ends } = scene('deaf')
    abort.abort()
    await clock.advance(3_600_000)
    expect(ends).toEqual({})
    target.disturb(undefined)
    await clock.advance(0)
    expect(ends).toMatchObject({ apply: { kind: 'accepted' }, list: [] })
    expect(target.world.created).toBe(1)
  })

  it('that fails throws target-unavailable', async () => {
    const { clock, ends } = scene('fail')
    await clock.advance(0)
    expect(ends).toEqual(each('target-unavailable'))
  })

  it('that answers rubbish does no work', async () => {
    const { clock, target, ends } = scene('rubbish')
    await clock.advance(0)
    expect(ends.apply).toEqual({ rubbish: true })
    expect(ends.observe).toEqual({ rubbish: true })
    expect(target.world.created).toBe(0)
  })

  it('that is slow begins after its time, or ends by an abort', async () => {
    const { clock, target, ends } = scene({ slowMs: 5000 })
    await clock.advance(4999)
    expect(ends).toEqual({})
    await clock.advance(1)
    expect(ends.apply).toEqual({ kind: 'accepted' })
    expect(target.world.created).toBe(1)
    const late = scene({ slowMs: 5000 })
    late.abort.abort()
    await late.clock.advance(0)
    expect(late.ends).toEqual(each('aborted'))
    expect(late.target.world.created).toBe(0)
  })

  it('that is undisturbed again answers as before', async () => {
    const { target } = scene('fail')
    target.disturb(undefined)
    expect(await target.list()).toEqual([])
  })
})
