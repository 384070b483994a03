import { vertexSimulator } from '../../../simulators/vertex/vertex-simulator.ts'
import type { VertexWorld } from '../../../simulators/vertex/vertex-world.ts'
import type { CloudPlay } from '../simulated-cloud.ts'
import { modelOf, versions } from './vertex-model.ts'

/** Vertex with operations and lists that take a while. */
export const vertexCloud: CloudPlay = {
  async start() {
    const api = await vertexSimulator({ operationMs: 600, listLagMs: 150 })
    const { world } = api
    for (const version of versions) world.models.put(modelOf(version).replace(/@.*$/, ''))
    api.before = ({ method }) => {
      cloud.onRequest(method !== 'GET')
      return undefined
    }
    const cloud = {
      address: api.url,
      onRequest: (_changes: boolean): void => {},
      end() {
        world.advance()
        return {
          there: { endpoints: world.endpoints.all.map(endpointText) },
          made: world.journal
            .filter(({ did }) => did !== 'deployed')
            .map(({ did, on, detail = '' }) => [did, idIn(on), detail].join(' ').trim())
            .sort(),
          faults: [...api.problems, ...leftOver(world)],
        }
      },
      close: api.close,
    }
    return cloud
  },
}

/** All but the fence, which counts lives, and what has the time of the run in it. */
function endpointText({
  name,
  labels,
  deployedModels,
  trafficSplit,
}: VertexWorld['endpoints']['all'][number]): string {
  const runs = deployedModels.map(
    ({ id, displayName, model }) => `${displayName} ${model} ${trafficSplit[id] ?? 0} %`,
  )
  return `${idIn(name)} of ${labels.modelspine_namespace}/${labels.modelspine_name}: ${runs.join(', ')}`
}

function idIn(name: string): string {
  return name.slice(name.indexOf('/endpoints/') + 1)
}

/** What serves nobody at the end, and operations that nobody waited for. */
function leftOver({ endpoints, operations }: VertexWorld): readonly string[] {
  const idle = endpoints.all.flatMap(({ name, deployedModels, trafficSplit }) => [
    ...(deployedModels.length === 0 ? [name] : []),
    ...deployedModels.filter(({ id }) => !trafficSplit[id]).map(({ id }) => `${name}/${id}`),
  ])
  return [
    ...idle.map((name) => `left over: ${name}`),
    ...(operations.running > 0 ? [`${operations.running} operations still run`] : []),
  ]
}
