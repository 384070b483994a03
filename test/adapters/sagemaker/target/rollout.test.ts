import type { DeploymentTarget } from 'modelspine/adapter'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { EndpointVices } from '../../../simulators/sagemaker/endpoints.ts'
import { ann, type PlaneFixture, planeFixture } from '../../../unit/plane/plane-fixture.ts'
import { endpoint, image, role, type Scene, scene } from './scene.ts'

const minuteMs = 60_000

/** Times of SageMaker, much as they are. */
const slow: EndpointVices = {
  createMs: 4 * minuteMs,
  updateMs: 6 * minuteMs,
  weightsMs: 90_000,
  deleteMs: 30_000,
  lagMs: 1500,
}

const canary = {
  canary: { steps: [{ weight: 20 }, { pause: '1m' }, { weight: 60 }, { pause: '1m' }] },
} as const

interface Played extends Omit<PlaneFixture, 'until'> {
  readonly scene: Scene
  declare(version: string, more?: object): Promise<void>
  until(condition: () => Promise<boolean> | boolean, forMs?: number): Promise<void>
  converged(): Promise<void>
}

/** A plane over SageMaker. Each call of the target is answered at the time at which it was made. */
async function played(more: Parameters<typeof scene>[1] = {}): Promise<Played> {
  const made = await scene(slow, { executionRole: role, image, instanceType: 'ml.m5.xlarge', ...more })
  const { clock, target } = made
  let open = 0
  const counted = <Args extends readonly unknown[], Answer>(call: (...args: Args) => Promise<Answer>) => {
    return async (...args: Args): Promise<Answer> => {
      open += 1
      try {
        return await call(...args)
      } finally {
        open -= 1
      }
    }
  }
  const watched: DeploymentTarget = {
    ...target,
    apply: counted(target.apply),
    observe: counted(target.observe),
    destroy: counted(target.destroy),
    list: counted(target.list),
  }
  const fixture = planeFixture({ clock, plane: { targets: { sagemaker: watched }, routersLearnMs: 100 } })
  onTestFinished(() => fixture.plane.stop())
  const { plane, registry } = fixture
  for (const version of ['1', '2', '3']) {
    const uri = `s3://models/churn-${version}.tar.gz`
    await registry.register({
      name: 'churn',
      version,
      approval: 'approved',
      artifact: { kind: 'files', files: [{ uri }] },
    })
  }
  await plane.start()
  const until: Played['until'] = async (condition, forMs = 60 * minuteMs) => {
    for (let passed = 0; passed < forMs; passed += 1000) {
      if (await condition()) return
      await clock.advance(1000)
      while (open > 0) await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(0)
    }
    const status = (await plane.get('churn'))?.status
    throw new Error(`it did not come true: ${JSON.stringify(status?.rollout)}`)
  }
  let generation = 0
  return {
    ...fixture,
    scene: made,
    until,
    async declare(version, spec = {}) {
      const metadata = { name: 'churn' }
      const target = 'sagemaker'
      await plane.apply(
        { kind: 'ModelDeployment', metadata, spec: { model: `models/churn:${version}`, target, ...spec } },
        { actor: ann },
      )
      generation = (await plane.get('churn'))?.generation ?? 0
    },
    async converged() {
      await until(async () => {
        const { status } = (await plane.get('churn')) ?? {}
        const requested = status?.placements.flatMap((each) => each.requested) ?? []
        return (
          status?.observedGeneration === generation &&
          status.rollout.phase === 'converged' &&
          requested.length === 0
        )
      })
    },
  }
}

const weights = ({ world }: Scene): readonly (readonly [files: unknown, weight: number])[] => {
  const found = world.endpoint(endpoint)
  return (found?.variants ?? []).map(({ name, currentWeight }) => {
    const model = world.model(`${endpoint}-${name}`)
    return [(model?.PrimaryContainer as { ModelDataUrl?: string })?.ModelDataUrl, currentWeight] as const
  })
}

describe('a rollout on SageMaker', () => {
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
