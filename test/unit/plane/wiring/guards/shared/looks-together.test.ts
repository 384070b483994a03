import { describe, expect, it } from 'vitest'
import type {
  DeploymentTarget,
  KeyLook,
  ObservedTarget,
} from '../../../../../../src/deployment-target/contract.ts'
import { memoryTarget } from '../../../../../../src/deployment-target/memory-target.ts'
import { timeoutsOf } from '../../../../../../src/plane/call-timeouts.ts'
import { guardTarget } from '../../../../../../src/plane/wiring/guards/guard-target.ts'
import { priorities } from '../../../../../../src/reconcile/priority.ts'
import type { Key } from '../../../../../../src/resources/metadata.ts'
import { guardScene, outcome, settled } from '../guard-scene.ts'

const seenOf = (key: Key): ObservedTarget => ({
  revisions: [{ revision: key, state: 'ready' }],
  operations: [],
})

function scene(observeMany?: DeploymentTarget['observeMany'], limited = true) {
  const guard = guardScene(2)
  const { clock, parts, priorities: known } = guard
  const alone: Key[] = []
  const together: (readonly KeyLook[])[] = []
  const part = parts.guard('target', 'prod')
  const target = guardTarget(
    part,
    {
      ...memoryTarget(),
      async observe(key) {
        alone.push(key)
        return seenOf(key)
      },
      async observeMany(looks, options) {
        together.push(looks)
        return observeMany?.(looks, options) ?? new Map(looks.map(({ key }) => [key, seenOf(key)]))
      },
    },
    timeoutsOf(),
    {
      limited,
      words: {
        observed: () => ({}),
        observedMany: (about) => ({
          clean: (error) => new Error(`${(error as Error).message} without ${[...about.keys()].join(', ')}`),
        }),
        changed: () => ({}),
        checked: () => ({}),
      },
      together: { clock, togetherMs: 5, most: 10 },
    },
  )
  const look = (key: Key, abortSignal?: AbortSignal): Promise<unknown> => {
    if (!known.has(key)) known.set(key, priorities.resync)
    const options = { handles: [`h-${key}`], ...(abortSignal !== undefined && { abortSignal }) }
    return outcome(target.observe(key, options))
  }
  return { ...guard, part, look, alone, together }
}

const keys = (count: number): Key[] => Array.from({ length: count }, (_, place): Key => `n/${place}`)

describe('looks of a resync', () => {
  it('that come within a few milliseconds are one call, with the handles of each', async () => {
    const { clock, look, alone, together } = scene()
    const first = look('n/a')
    await clock.advance(4)
    const second = look('n/b')
    expect(await settled(first)).toBe(false)
    await clock.advance(1)
    expect([await first, await second]).toEqual([seenOf('n/a'), seenOf('n/b')])
    expect(together).toEqual([
      [
        { key: 'n/a', handles: ['h-n/a'] },
        { key: 'n/b', handles: ['h-n/b'] },
      ],
    ])
    expect(alone).toEqual([])
  })

  it('go at once when there are enough of them, and leave their places in the loop until then', async () => {
    const { look, together, aside, clock } = scene()
    const looked = keys(9).map((key) => look(key))
    expect([together.length, aside.length]).toEqual([0, 9])
    looked.push(look('n/9'))
    await Promise.all(looked)
    expect([together.length, aside.length, clock.pendingTimers]).toEqual([1, 0, 1])
  })

  it('are made alone when nobody joins, when the target leaves a key out, and for people', async () => {
    const {
      clock,
      look,
      alone,
      together,
      priorities: known,
    } = scene(async (looks) => new Map(looks.slice(1).map(({ key }) => [key, seenOf(key)])))
    known.set('n/person', priorities.user)
    known.set('n/moves', priorities.drift)
    expect(await look('n/person')).toEqual(seenOf('n/person'))
    expect(await look('n/moves')).toEqual(seenOf('n/moves'))
    const single = look('n/single')
    await clock.advance(5)
    expect(await single).toEqual(seenOf('n/single'))
    expect([alone, together.length]).toEqual([['n/person', 'n/moves', 'n/single'], 0])
    const both = Promise.all([look('n/a'), look('n/b')])
    await clock.advance(5)
    expect(await both).toEqual([seenOf('n/a'), seenOf('n/b')])
    expect([alone.slice(3), together.length]).toEqual([['n/a'], 1])
  })

  it('fail together, without the secrets of any of them, and are all called back when the part works again', async () => {
    let fails = true
    const { clock, look, called } = scene(async (looks) => {
      if (fails) throw new Error('down')
      return new Map(looks.map(({ key }) => [key, seenOf(key)]))
    })
    const both = async (): Promise<unknown[]> => {
      const looked = Promise.all([look('n/a'), look('n/b')])
      await clock.advance(5)
      return looked
    }
    for (let failure = 0; failure < 3; failure += 1) {
      expect(await both()).toEqual(['undefined: down without n/a, n/b', 'undefined: down without n/a, n/b'])
    }
    fails = false
    const works = Promise.all([look('n/c'), look('n/d')])
    await clock.advance(5)
    await works
    expect(called).toEqual(['n/a', 'n/b'])
  })

  it('have the limit of one look, and an answer that is no Map is a wrong one', async () => {
    const { clock, look } = scene(() => new Promise(() => {}))
    const silent = Promise.all([look('n/a'), look('n/b')])
    await clock.advance(5 + 10_000)
    expect((await silent).every((each) => String(each).includes('no answer to observeMany'))).toBe(true)

    const wrong = scene(async () => ({}) as never)
    const answers = Promise.all([wrong.look('n/a'), wrong.look('n/b')])
    await wrong.clock.advance(5)
    expect(String((await answers)[0])).toContain('wrong answer to observeMany: it is not a Map')
  })

  it('end for one run without ending for the others', async () => {
    const { clock, look } = scene()
    const run = new AbortController()
    const one = look('n/a', run.signal)
    const two = look('n/b')
    run.abort()
    expect(String(await one)).toContain('aborted')
    await clock.advance(5)
    expect(await two).toEqual(seenOf('n/b'))
  })

  it('of people’s own calls are never joined', async () => {
    const { look, alone } = scene(undefined, false)
    expect(await Promise.all([look('n/a'), look('n/b')])).toEqual([seenOf('n/a'), seenOf('n/b')])
    expect(alone).toEqual(['n/a', 'n/b'])
  })
})
