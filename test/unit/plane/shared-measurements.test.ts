import { describe, expect, it } from 'vitest'
import type { ControlPlaneOptions } from '../../../src/index.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import type { StateStore } from '../../../src/store/contract.ts'
import {
  ann,
  digits,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  route,
  serving,
} from './plane-fixture.ts'

const strategy = { canary: { steps: [{ weight: 50 }, { analyze: ['gate'], for: '20s' }] } } as const
const gateOn = (metric: string, pass: object) =>
  [{ name: 'gate', metric, minSamples: 20, noData: 'pause', pass }] as never

interface Pair {
  readonly leader: PlaneFixture
  readonly other: PlaneFixture
  /** The revision that fails its requests in both processes. */
  bad: string
  ask(at: PlaneFixture, times: number): Promise<void>
}

/** Two processes over one store, both routing. The first leads. */
async function pair(options: Partial<ControlPlaneOptions> = { shareMeasurements: true }): Promise<Pair> {
  const first = planeFixture()
  const store: StateStore = { ...first.store, close: async () => {} }
  const audit = { ...first.audit, close: async () => {} }
  const connect = {
    memory: ({ address }: { address: string }) =>
      memoryProvider({
        infer: () => {
          if (address.includes(made.bad)) throw new Error('the model is broken')
          return { kind: 'tensors', outputs: [] }
        },
      }),
  }
  const beside = { beside: first, plane: { store, audit, connect, ...options } }
  const made: Pair = {
    leader: planeFixture(beside),
    other: planeFixture(beside),
    bad: 'no revision',
    async ask(at, times) {
      for (let count = 0; count < times; count += 1) {
        await at.plane.router.infer('digits', { kind: 'tensors', inputs: [] }).catch(() => {})
      }
    },
  }
  const { leader, other } = made
  await serving(leader)
  await other.plane.start()
  await leader.plane.apply(route(), { actor: ann })
  await registerVersions(leader.registry, '2')
  await leader.clock.advance(5000)
  expect([leader, other].map(({ plane }) => plane.health().leading)).toEqual([true, false])
  return made
}

async function analyzing({ leader }: Pair, analysis: never): Promise<string> {
  await leader.plane.apply(digits('2', { strategy, analysis }), { actor: ann })
  await leader.until(async () => (await leader.phase()) === 'analyzing')
  const { rollout } = (await leader.plane.get('digits'))?.status ?? {}
  return rollout?.phase === 'analyzing' ? rollout.revision : ''
}

describe('two processes that route over one store', () => {
  it('turn back a canary that only the other one’s traffic shows to be bad', async () => {
    const made = await pair()
    const { leader, other } = made
    made.bad = await analyzing(made, gateOn('requests.errors', { atMost: 0.2 }))
    for (let second = 0; second < 20; second += 1) {
      await made.ask(other, 10)
      await leader.clock.advance(1000)
    }
    await leader.until(async () => (await leader.phase()) === 'failed', 30_000)
    expect((await leader.plane.get('digits'))?.status?.rollout).toMatchObject({
      revision: made.bad,
      cause: 'GateFailed',
    })
  })

  it('pass a canary by the traffic of both, each request counted once', async () => {
    const made = await pair()
    const { leader, other } = made
    const revision = await analyzing(made, gateOn('requests.total', { atLeast: 20 }))
    for (let second = 0; second < 20; second += 1) {
      await made.ask(other, 5)
      await made.ask(leader, 5)
      await leader.clock.advance(1000)
    }
    await leader.until(async () => (await leader.phase()) === 'converged', 30_000)
    const passed = leader.events.find(({ action }) => action === 'analysis-passed')?.details
    const [gate] = (passed?.gates ?? []) as readonly { candidate: { samples: number } }[]
    // Half of 200 requests, but for those of the first bucket and of chance.
    expect(gate?.candidate.samples).toBeGreaterThan(70)
    expect(gate?.candidate.samples).toBeLessThan(130)
    expect(revision).not.toBe('')
  })

  it('judge by signals that came to the other one, and by those of a process that has ended since', async () => {
    const made = await pair()
    const { leader, other } = made
    const revision = await analyzing(made, gateOn('ratings.mean', { atLeast: 3 }))
    for (let count = 0; count < 100; count += 1) {
      const about = { deployment: 'default/digits', revision } as const
      other.plane.feedback.record({ kind: 'rating', value: 1 + (count % 2), ...about })
      await leader.clock.advance(100)
    }
    await other.plane.stop()
    await leader.until(async () => (await leader.phase()) === 'failed', 60_000)
    expect((await leader.plane.get('digits'))?.status?.rollout).toMatchObject({ cause: 'GateFailed' })
  })

  it('judge each by its own traffic alone when they share nothing', async () => {
    const made = await pair({ shareMeasurements: false })
    const { leader, other } = made
    made.bad = await analyzing(made, gateOn('requests.errors', { atMost: 0.2 }))
    for (let second = 0; second < 25; second += 1) {
      await made.ask(other, 10)
      await leader.clock.advance(1000)
    }
    expect(await leader.phase()).toBe('holding')
  })

  it('write one measurement a second each, and none while nothing is measured', async () => {
    const made = await pair()
    const { leader, other } = made
    const { measurements } = leader.store
    let puts = 0
    const cursor = (await measurements?.read(undefined, 5000))?.cursor
    await leader.clock.advance(10_000)
    puts = (await measurements?.read(cursor, 5000))?.measurements.length ?? 0
    expect(puts).toBe(0)
    for (let second = 0; second < 10; second += 1) {
      await made.ask(other, 50)
      await leader.clock.advance(1000)
    }
    puts = (await measurements?.read(cursor, 5000))?.measurements.length ?? 0
    expect(puts).toBeGreaterThanOrEqual(9)
    expect(puts).toBeLessThanOrEqual(11)
  })
})

describe('a plane that shall share measurements', () => {
  it('is refused over a store that passes none on', () => {
    const { store } = planeFixture()
    const { measurements: _, ...plain } = store
    expect(() => planeFixture({ plane: { store: plain, shareMeasurements: true } })).toThrow(
      'shareMeasurements is true',
    )
  })
})
