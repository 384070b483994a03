import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../../../../src/clock.ts'
import { memoryRegistry } from '../../../../../../src/index.ts'
import { timeoutsOf } from '../../../../../../src/plane/call-timeouts.ts'
import { guardRegistry } from '../../../../../../src/plane/wiring/guards/guard-registry.ts'
import { SharedAnswers } from '../../../../../../src/plane/wiring/guards/shared/shared-answers.ts'
import { priorities } from '../../../../../../src/reconcile/priority.ts'
import type { ModelRegistry, ModelVersion } from '../../../../../../src/registry/contract.ts'
import type { Key } from '../../../../../../src/resources/metadata.ts'
import { guardScene, outcome } from '../guard-scene.ts'

const lifeMs = 1000
const reference = { registry: 'models', name: 'm', alias: 'champion' } as const

/** A registry that takes a tenth of a second. Its answers are numbered. */
async function scene(change: Partial<ModelRegistry> = {}) {
  const guard = guardScene()
  const { clock, parts } = guard
  const inner = memoryRegistry({ name: 'models', clock })
  await inner.register({
    name: 'm',
    version: '1',
    approval: 'approved',
    artifact: { kind: 'hosted', provider: 'p', model: 'm' },
  })
  await inner.setAlias?.('m', 'champion', '1')
  const known: ModelVersion = await inner.resolve(reference)
  let asked = 0
  let failing = false
  const registry: ModelRegistry = {
    ...inner,
    async resolve() {
      asked += 1
      const number = asked
      await new Promise<void>((resolve) => clock.schedule(100, resolve))
      if (failing) throw new Error('the registry fails')
      return { ...known, version: String(number) }
    },
    ...change,
  }
  const runs = new Map<AbortSignal | undefined, Key>()
  const guarded = guardRegistry(parts.guard('registry', 'models'), registry, timeoutsOf(), {
    shared: new SharedAnswers(clock, lifeMs),
    deploymentOf: (signal) => runs.get(signal),
  })
  const controllers = new Map<Key, AbortController>()
  /** The version that the run of this deployment gets. */
  const look = (key: Key): Promise<unknown> => {
    const run = new AbortController()
    controllers.set(key, run)
    runs.set(run.signal, key)
    return outcome(guarded.resolve(reference, { abortSignal: run.signal }).then(({ version }) => version))
  }
  const inTime = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    await clock.advance(100)
    return answer
  }
  return {
    ...guard,
    guarded,
    look,
    inTime,
    abort: (key: Key) => controllers.get(key)?.abort(),
    fail: (yes: boolean) => {
      failing = yes
    },
    asked: () => asked,
  }
}

describe('look-ups of the loop', () => {
  it('ask once for all deployments with one reference, and again after the life', async () => {
    const { look, inTime, clock, asked } = await scene()
    const keys = Array.from({ length: 50 }, (_, place): Key => `n/${place}`)
    expect(new Set(await inTime(Promise.all(keys.map(look))))).toEqual(new Set(['1']))
    await clock.advance(lifeMs - 101)
    expect(await look('n/late')).toBe('1')
    await clock.advance(1)
    expect(await inTime(look('n/later'))).toBe('2')
    expect(asked()).toBe(2)
  })

  it('ask anew for what a person asked for, and others then get the newer answer', async () => {
    const { look, inTime, priorities: known, asked } = await scene()
    await inTime(look('n/a'))
    known.set('n/b', priorities.user)
    expect(await inTime(look('n/b'))).toBe('2')
    expect(await look('n/c')).toBe('2')
    expect(asked()).toBe(2)
  })

  it('ask anew when the registry hints at a change, also while an older question is under way', async () => {
    let hint = (): void => {}
    const { look, inTime, guarded, clock } = await scene({
      async *changes() {
        await new Promise<void>((resolve) => {
          hint = resolve
        })
        yield 'm'
      },
    })
    const hints = guarded.changes?.(new AbortController().signal)[Symbol.asyncIterator]()
    const next = hints?.next()
    const first = look('n/a')
    await clock.advance(50)
    hint()
    await next
    const second = look('n/b')
    await clock.advance(100)
    expect([await first, await second]).toEqual(['1', '2'])
    expect(await inTime(look('n/c'))).toBe('2')
  })

  it('ask anew after a change that was made through the plane', async () => {
    const { look, inTime, guarded } = await scene()
    await inTime(look('n/a'))
    await guarded.setAlias?.('m', 'challenger', '1')
    expect(await inTime(look('n/b'))).toBe('2')
  })

  it('share a failure with those who wait, and with nobody later', async () => {
    const { look, inTime, fail, asked } = await scene()
    fail(true)
    const failed = await inTime(Promise.all([look('n/a'), look('n/b')]))
    expect(failed).toEqual(['undefined: the registry fails', 'undefined: the registry fails'])
    fail(false)
    expect(await inTime(look('n/c'))).toBe('2')
    expect(asked()).toBe(2)
  })

  it('end for one run without ending for the others, and hold no place while they wait for another', async () => {
    const { look, abort, aside, clock } = await scene()
    const one = look('n/a')
    const two = look('n/b')
    expect(aside).toEqual(['n/b'])
    abort('n/a')
    expect(await one).toContain('aborted: ')
    await clock.advance(100)
    expect(await two).toBe('1')
    expect(aside).toEqual([])
  })

  it('let a few runs go on in each turn of the event loop, when hundreds waited for one answer', async () => {
    const { look, clock } = await scene()
    let ended = 0
    const all = Array.from({ length: 300 }, (_, place) => look(`n/${place}`).finally(() => (ended += 1)))
    await clock.advance(99)
    expect(ended).toBe(0)
    const advanced = clock.advance(1)
    let most = 0
    for (let before = ended; ended < 300; before = ended) {
      await nextTurn()
      most = Math.max(most, ended - before)
    }
    await Promise.all([advanced, ...all])
    expect(most).toBeLessThanOrEqual(32)
  })
})
