import { memoryStore } from 'modelspine'
import type { DeploymentTarget } from 'modelspine/adapter'
import type { SagemakerTarget } from 'modelspine/adapters/sagemaker'
import { onTestFinished } from 'vitest'
import type { EndpointVices } from '../../../simulators/sagemaker/endpoints.ts'
import type { Json } from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { ann, type PlaneFixture, planeFixture } from '../../../unit/plane/plane-fixture.ts'
import { endpoint, image, role, type Scene, scene } from './scene.ts'

export const minuteMs = 60_000

/** A sixteenth of the time that SageMaker takes, which is still many looks of the plane. */
const slow: EndpointVices = {
  createMs: 15_000,
  updateMs: 22_000,
  weightsMs: 6000,
  deleteMs: 2000,
  lagMs: 1500,
}

export interface Played extends Omit<PlaneFixture, 'until'> {
  readonly scene: Scene
  declare(version: string, more?: object): Promise<void>
  until(condition: () => Promise<boolean> | boolean, forMs?: number): Promise<void>
  converged(): Promise<void>
  /** Ends the plane, and starts another one over the same store, as a new process would. */
  restart(): Promise<Played>
}

/** A plane over SageMaker, whose model has three versions. */
export async function played(more: Parameters<typeof scene>[1] = {}): Promise<Played> {
  const made = await scene(slow, { executionRole: role, image, instanceType: 'ml.m5.xlarge', ...more })
  const first = await playedOver(made, made.target)
  for (const version of ['1', '2', '3']) {
    const uri = `s3://models/churn-${version}.tar.gz`
    await first.registry.register({
      name: 'churn',
      version,
      approval: 'approved',
      artifact: { kind: 'files', files: [{ uri }] },
    })
  }
  await first.plane.start()
  return first
}

/** Each call of the target is answered at the time at which it was made. */
async function playedOver(made: Scene, target: SagemakerTarget, beside?: PlaneFixture): Promise<Played> {
  const { clock } = made
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
  // It outlives the plane.
  const store = { ...(beside?.store ?? memoryStore({ clock })), close: async () => {} }
  const plane = { targets: { sagemaker: watched }, routersLearnMs: 100, store }
  const fixture = planeFixture({ clock, plane, ...(beside && { beside }) })
  onTestFinished(() => fixture.plane.stop())
  const until: Played['until'] = async (condition, forMs = 60 * minuteMs) => {
    for (let passed = 0; passed < forMs; passed += 1000) {
      if (await condition()) return
      await clock.advance(1000)
      while (open > 0) await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(0)
    }
    const status = (await fixture.plane.get('churn'))?.status
    throw new Error(`it did not come true: ${JSON.stringify(status?.rollout)}`)
  }
  return {
    ...fixture,
    scene: made,
    until,
    async declare(version, spec = {}) {
      const metadata = { name: 'churn' }
      await fixture.plane.apply(
        {
          kind: 'ModelDeployment',
          metadata,
          spec: { model: `models/churn:${version}`, target: 'sagemaker', ...spec },
        },
        { actor: ann },
      )
    },
    async converged() {
      await until(async () => {
        const { generation, status } = (await fixture.plane.get('churn')) ?? {}
        const requested = status?.placements.flatMap((each) => each.requested) ?? []
        return (
          status?.observedGeneration === generation &&
          status?.rollout.phase === 'converged' &&
          requested.length === 0
        )
      })
    },
    async restart() {
      const stopped = fixture.plane.stop()
      await clock.advance(minuteMs)
      await stopped
      const next = await playedOver(made, made.open(), fixture)
      await next.plane.start()
      return next
    },
  }
}

/** The model and the weight of each variant. */
export function weights({ world }: Scene): readonly (readonly [files: unknown, weight: number])[] {
  const found = world.endpoint(endpoint)
  const variants = world.config(found?.config ?? '')?.ProductionVariants as readonly Json[] | undefined
  return (found?.variants ?? []).map(({ name, currentWeight }) => {
    const model = variants?.find(({ VariantName }) => VariantName === name)?.ModelName
    const container = world.model(String(model))?.PrimaryContainer as { ModelDataUrl?: string } | undefined
    return [container?.ModelDataUrl, currentWeight] as const
  })
}
