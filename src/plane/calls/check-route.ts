import { type Actor, type Key, keyOf } from '../../resources/metadata.ts'
import { unknownNames } from '../../resources/plane-names.ts'
import { nearestName } from '../../resources/problems/nearest-name.ts'
import { backendKey, type ModelRoute, publicNames } from '../../resources/route/model-route.ts'
import { servingPlacement } from '../../rollout/machine/placement.ts'
import type { TypedObject } from '../../store/typed-store.ts'
import type { ControlContext } from '../control-context.ts'

/**
 * Why this plane cannot serve a route. Each sentence has the field, the value and what would be right. A deployment that
 * is not declared yet is no problem: the route waits for it.
 */
export async function checkRoute(
  context: Pick<ControlContext, 'names' | 'protocols' | 'routeNames' | 'store' | 'targets'>,
  route: ModelRoute,
): Promise<readonly string[]> {
  /** The first field that names each deployment. */
  const fields = new Map<Key, string>()
  for (const list of ['backends', 'fallback'] as const) {
    for (const [place, backend] of route.spec[list].entries()) {
      if (!('deployment' in backend)) continue
      const key = backendKey(backend, route.metadata.namespace)
      if (!fields.has(key)) fields.set(key, `spec.${list}[${place}].deployment`)
    }
  }
  const spoken = await Promise.all(
    Array.from(fields, async ([key, field]) => {
      const stored = await context.store.get('ModelDeployment', key)
      if (stored === null) return []
      if (stored.deletion !== undefined) return [goingAway(field, stored, stored.deletion.actor)]
      return protocolsOf(context.targets, stored)
        .filter((protocol) => !context.protocols.includes(protocol))
        .map((protocol) => unknownProtocol(field, key, protocol, context.protocols))
    }),
  )
  const unknown = unknownNames(context.names, route).map(({ problem }) => problem.message)
  return [...unknown, ...(await takenNames(context, route)), ...spoken.flat()]
}

async function takenNames(
  { routeNames }: Pick<ControlContext, 'routeNames'>,
  route: ModelRoute,
): Promise<readonly string[]> {
  const found = await Promise.all(
    publicNames(route).map(async (name, place) => {
      const other = await routeNames.takenBy(name, keyOf(route.metadata))
      if (other === undefined) return []
      const field =
        route.spec.names === undefined
          ? `metadata.name makes the model name "${name}"`
          : `spec.names[${place}] is "${name}"`
      return [`${field}, which route ${other} has. Choose another name, or take it from that route first.`]
    }),
  )
  return found.flat()
}

/** The protocols that the endpoints of a deployment speak or will speak, as far as they are known. */
function protocolsOf(
  targets: ControlContext['targets'],
  stored: TypedObject<'ModelDeployment'>,
): readonly string[] {
  const { name, settings } = stored.resource.spec.target
  const declared = targets[name]?.protocols?.(settings)
  if (declared !== undefined) return declared
  const { status } = stored
  // Endpoints at a target that the deployment leaves tell nothing of the next ones.
  const serving = status && servingPlacement(status)
  if (serving?.target !== name) return []
  return [...new Set(serving.revisions.flatMap(({ endpoint }) => endpoint?.protocol ?? []))]
}

/** What a route refers to is not deleted, so a route must not begin to refer to what is being deleted. */
function goingAway(field: string, { key }: TypedObject<'ModelDeployment'>, { name }: Actor): string {
  return `${field} is ${key}, which ${name} deleted and which is going away. Name another deployment, or wait until it is gone and declare it again.`
}

function unknownProtocol(field: string, key: Key, protocol: string, known: readonly string[]): string {
  const near = nearestName(protocol, known)
  const names = known.map((each) => `"${each}"`).join(', ')
  const speaks = known.length === 0 ? 'This plane speaks no protocol' : `This plane speaks ${names}`
  const question = near === undefined ? '' : ` Did you mean "${near}"?`
  return `${field} is ${key}, whose endpoints speak "${protocol}". ${speaks}.${question} Give the plane connect["${protocol}"], or correct the name.`
}
