import { describe, expect, it } from 'vitest'
import { ann } from '../../../unit/plane/plane-fixture.ts'
import { played, weights } from './played-plane.ts'
import { endpoint } from './scene.ts'

const canary = {
  canary: { steps: [{ weight: 20 }, { pause: '15s' }, { weight: 60 }, { pause: '15s' }] },
} as const

// Many minutes of SageMaker pass in steps of a second, each with its requests.
describe('a rollout on SageMaker', { timeout: 120_000 }, () => {
  it('brings a model, then a better one by steps, and in the end nothing is left', async () => {
    const { scene: made, declare, converged, until, plane } = await played()
    const { world } = made
    await declare('1')
    await converged()
    expect(weights(made)).toEqual([['s3://models/churn-1.tar.gz', 100]])
    await declare('2', { strategy: canary })
    await converged()
    expect(weights(made)).toEqual([['s3://models/churn-2.tar.gz', 100]])
    expect([world.models().length, world.configs().length]).toEqual([1, 1])
    const done = (operation: string): number =>
      world.journal.filter((entry) => entry.operation === operation).length
    expect([done('CreateModel'), done('CreateEndpoint'), done('UpdateEndpoint')]).toEqual([2, 1, 2])
    // A step is reached when CurrentWeight is, and so SageMaker was given no step twice.
    expect(done('UpdateEndpointWeightsAndCapacities')).toBe(3)
    await plane.delete('churn', { actor: ann })
    await until(async () => (await plane.get('churn')) === null)
    expect([world.models(), world.configs(), world.endpoints()]).toEqual([[], [], []])
  })

  it.each([
    ['with a reason', false, ': the container does not answer /ping'],
    ['without a word', true, ''],
  ])('is turned back when SageMaker takes its update back %s', async (_, isSilent, said) => {
    const { scene: made, declare, converged, phase, until, plane } = await played()
    const { world } = made
    await declare('1')
    await converged()
    const { config } = world.endpoint(endpoint) ?? {}
    world.vices.isSilent = isSilent
    await declare('2', { strategy: canary, deadline: '30m' })
    world.failNext('the container does not answer /ping')
    await until(async () => (await phase('churn')) === 'failed')
    expect(weights(made)).toEqual([['s3://models/churn-1.tar.gz', 100]])
    await until(() => world.models().length === 1 && world.configs().length === 1)
    expect(world.configs()).toEqual([config])
    expect((await plane.get('churn'))?.status?.last).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(new RegExp(`RolledBack.*runs the config ${config}.*${said}`)),
    })
    // Nobody tries a whole deployment of SageMaker again and again.
    expect(world.journal.filter(({ operation }) => operation === 'UpdateEndpoint')).toHaveLength(1)
    // The same version may be tried again.
    await plane.retry('churn', { actor: ann })
    await converged()
    expect(weights(made)).toEqual([['s3://models/churn-2.tar.gz', 100]])
  })
})
