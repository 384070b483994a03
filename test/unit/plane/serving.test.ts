import { describe, expect, it } from 'vitest'
import { type ConditionType, ModelspineError } from '../../../src/index.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import { conditionOf } from '../../../src/resources/index.ts'
import {
  ann,
  converged,
  digits,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  route,
  serving,
} from './plane-fixture.ts'

interface Scene extends PlaneFixture {
  answer: 'ok' | 'unavailable' | 'bad-request'
  send(count: number): Promise<void>
  unhealthy(): Promise<string | undefined>
}

async function scene(attribution: 'address' | 'none' = 'address'): Promise<Scene> {
  const infer = () => {
    if (made.answer !== 'ok') throw new ModelspineError(made.answer, 'connection refused')
    return { kind: 'tensors' as const, outputs: [] }
  }
  const fixture = planeFixture({
    target: { capabilities: { attribution } },
    plane: { connect: { memory: () => memoryProvider({ infer }) } },
  })
  const made: Scene = {
    ...fixture,
    answer: 'ok',
    async send(count) {
      for (let sent = 0; sent < count; sent += 1) {
        await fixture.plane.router.infer('digits', { kind: 'tensors', inputs: [] }).catch(() => {})
      }
    },
    async unhealthy() {
      const type: ConditionType = 'StableUnhealthy'
      return conditionOf((await fixture.plane.get('digits'))?.status?.conditions ?? [], type)?.reason
    },
  }
  await serving(made)
  await made.plane.apply(route(), { actor: ann })
  await made.clock.advance(200_000)
  return made
}

describe('the routing of a plane', () => {
  it('has the strategy and the layers that the plane was given', async () => {
    const heard: string[] = []
    const fixture = planeFixture({
      plane: {
        connect: { memory: () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }) },
        routing: {
          strategy: {
            pick: ({ backends }) => backends[0]?.upstreams[0],
            began: ({ identity }) => void heard.push(`began ${identity.deployment}`),
          },
          layers: { settlement: [{ settle: (_request, { outcome }) => void heard.push(outcome) }] },
        },
      },
    })
    await serving(fixture)
    await fixture.plane.apply(route(), { actor: ann })
    await fixture.clock.advance(0)
    await fixture.plane.router.infer('digits', { kind: 'tensors', inputs: [] })
    expect(heard).toEqual(['began default/digits', 'ok'])
  })
})

describe('an invoke policy of a plane', () => {
  it('hears that the caller of a request left', async () => {
    const heard: unknown[] = []
    const fixture = planeFixture({
      plane: {
        connect: { memory: () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }) },
        policies: [
          {
            name: 'slow',
            actions: ['invoke'],
            decide: (_request, options) =>
              new Promise((_resolve, reject) => {
                options?.abortSignal?.addEventListener('abort', () => {
                  heard.push(options.abortSignal?.reason)
                  reject(new Error('aborted'))
                })
              }),
          },
        ],
      },
    })
    await serving(fixture)
    await fixture.plane.apply(route(), { actor: ann })
    await fixture.clock.advance(0)
    const caller = new AbortController()
    const call = fixture.plane.router.infer(
      'digits',
      { kind: 'tensors', inputs: [] },
      { abortSignal: caller.signal },
    )
    call.catch(() => {})
    await fixture.clock.advance(0)
    caller.abort()
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
    await fixture.clock.advance(0)
    expect(heard).toHaveLength(1)
  })
})

describe('RequestsFailing', () => {
  it('is reported when ten requests of ten failed, until one request succeeds', async () => {
    const made = await scene()
    made.answer = 'unavailable'
    await made.send(10)
    await made.until(async () => (await made.unhealthy()) === 'RequestsFailing', 70_000)
    expect((await made.plane.get('digits'))?.status?.traffic).toMatchObject([{ weight: 100 }])
    expect(made.world.journal).toHaveLength(1)
    made.answer = 'ok'
    await made.send(1)
    await made.until(async () => (await made.unhealthy()) === undefined, 70_000)
    await made.plane.stop()
  })

  it('is not reported after nine failures, after bad requests, or when one request succeeded', async () => {
    const made = await scene()
    made.answer = 'unavailable'
    await made.send(9)
    await made.clock.advance(200_000)
    made.answer = 'bad-request'
    await made.send(20)
    await made.clock.advance(200_000)
    made.answer = 'unavailable'
    await made.send(30)
    made.answer = 'ok'
    await made.send(1)
    await made.clock.advance(70_000)
    expect(await made.unhealthy()).toBeUndefined()
    await made.plane.stop()
  })

  it('stays while single requests fail now and then, is written once, and ends when requests stop', async () => {
    const made = await scene()
    made.answer = 'unavailable'
    await made.send(10)
    await made.until(async () => (await made.unhealthy()) === 'RequestsFailing', 70_000)
    const { version } = (await made.store.get('ModelDeployment', 'default/digits')) ?? {}
    for (let minute = 0; minute < 10; minute += 1) {
      for (let second = 0; second < 60; second += 20) {
        await made.send(1)
        await made.clock.advance(20_000)
      }
    }
    expect((await made.store.get('ModelDeployment', 'default/digits'))?.version).toBe(version)
    await made.clock.advance(200_000)
    expect(await made.unhealthy()).toBeUndefined()
    await made.plane.stop()
  })

  it('does not pass from one stable revision to the next', async () => {
    const made = await scene()
    made.answer = 'unavailable'
    await made.send(20)
    await made.until(async () => (await made.unhealthy()) === 'RequestsFailing', 70_000)
    await registerVersions(made.registry, '2')
    await made.plane.apply(digits('2', { strategy: { rolling: { step: 100 } } }), { actor: ann })
    await converged(made, 2)
    expect(await made.unhealthy()).toBeUndefined()
    await made.plane.stop()
  })

  it('is never reported when a reply does not name its revision', async () => {
    const made = await scene('none')
    made.answer = 'unavailable'
    await made.send(50)
    await made.clock.advance(200_000)
    expect(await made.unhealthy()).toBeUndefined()
    await made.plane.stop()
  })
})
