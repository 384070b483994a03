import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import { unknownNames } from '../../resources/plane-names.ts'
import { nearestName } from '../../resources/problems/nearest-name.ts'
import { backendKey, type ModelRoute } from '../../resources/route/model-route.ts'
import type { ControlContext } from '../control-context.ts'

/**
 * Why this plane cannot serve a route. Each sentence has the field, the value and what would be right. A
 * deployment that is not declared yet is no problem: the route waits for it.
 */
export async function checkRoute(
  context: Pick<ControlContext, 'names' | 'protocols' | 'store' | 'targets'>,
  route: ModelRoute,
): Promise<readonly string[]> {
  const problems = unknownNames(context.names, route).map(({ problem }) => problem.message)
  for (const list of ['backends', 'fallback'] as const) {
    for (const [place, backend] of route.spec[list].entries()) {
      if (!('deployment' in backend)) continue
      const key = backendKey(backend, route.metadata.namespace)
      for (const protocol of await protocolsOf(context, key)) {
        if (context.protocols.includes(protocol)) continue
        problems.push(unknownProtocol(`spec.${list}[${place}].deployment`, key, protocol, context.protocols))
      }
    }
  }
  return problems
}

/** The protocols that the endpoints of a deployment speak or will speak, as far as they are known. */
async function protocolsOf(
  { store, targets }: Pick<ControlContext, 'store' | 'targets'>,
  key: Key,
): Promise<ReadonlySet<string>> {
  const stored = await store.get('ModelDeployment', key)
  if (stored === null) return new Set()
  const { target } = (stored.resource as ModelDeployment).spec
  const status = stored.status as DeploymentStatus | undefined
  const seen = (status?.revisions ?? []).flatMap(({ endpoint }) => endpoint?.protocol ?? [])
  return new Set([...(targets[target.name]?.protocols?.(target.settings) ?? []), ...seen])
}

function unknownProtocol(field: string, key: Key, protocol: string, known: readonly string[]): string {
  const near = nearestName(protocol, known)
  const has = known.length === 0 ? 'it has none' : `it has ${known.map((each) => `"${each}"`).join(', ')}`
  const remedy =
    near === undefined
      ? `Give the plane connect["${protocol}"]; ${has}.`
      : `The plane has connect["${near}"]: give that entry the name "${protocol}".`
  return `${field} is ${key}, whose endpoints speak "${protocol}", and this plane cannot. ${remedy}`
}
