import { type SimulatedEndpoints, simulatedEndpoints } from '../../../simulators/sagemaker/endpoints.ts'
import { type Json, sagemakerSimulator } from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import type { CloudPlay } from '../simulated-cloud.ts'

const makes: ReadonlySet<string> = new Set([
  'CreateModel',
  'CreateEndpointConfig',
  'CreateEndpoint',
  'UpdateEndpoint',
])

/** SageMaker with changes that take a while, and reads that are stale. */
export const sagemakerCloud: CloudPlay = {
  async start() {
    const world = simulatedEndpoints({
      createMs: 600,
      updateMs: 700,
      weightsMs: 150,
      deleteMs: 150,
      lagMs: 150,
    })
    const api = await sagemakerSimulator([world])
    api.intercept = (operation) => {
      cloud.onRequest(!/^(Describe|List)/.test(operation))
      return undefined
    }
    const cloud = {
      address: api.url,
      onRequest: (_changes: boolean): void => {},
      end() {
        const endpoints = world.endpoints().map((name) => {
          const { status, config, variants } = world.endpoint(name) ?? {}
          const runs = (variants ?? []).map(
            (each) => `${each.name} ${each.currentWeight} % of ${each.desiredCount}`,
          )
          return `${name} ${status} ${config}: ${runs.join(', ')} (${world.tags('endpoint', name)['modelspine:key']})`
        })
        return {
          there: { endpoints, configs: world.configs(), models: world.models() },
          made: world.journal
            .filter(({ operation }) => makes.has(operation))
            .map(({ operation, name, config }) => [operation, name, config ?? ''].join(' ').trim())
            .sort(),
          faults: [...world.misuse, ...api.problems, ...leftOver(world)],
        }
      },
      close: api.close,
    }
    return cloud
  },
}

/** Configs that no endpoint runs, and models that no such config names. */
function leftOver(world: SimulatedEndpoints): readonly string[] {
  const running = new Set(world.endpoints().map((name) => world.endpoint(name)?.config))
  const used = new Set(
    world
      .configs()
      .filter((name) => running.has(name))
      .flatMap((name) => world.config(name)?.ProductionVariants as readonly Json[])
      .map(({ ModelName }) => ModelName),
  )
  return [
    ...world.configs().filter((name) => !running.has(name)),
    ...world.models().filter((name) => !used.has(name)),
  ].map((name) => `left over: ${name}`)
}
