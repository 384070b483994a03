import type { ModelRegistry } from '../../registry/contract.ts'
import type { ModelReference } from '../../resources/deployment/reference.ts'
import { type Key, keyOf } from '../../resources/metadata.ts'
import { nearestName } from '../../resources/problems/nearest-name.ts'
import { backendKey, type ModelRoute } from '../../resources/route/model-route.ts'
import type { Resolved } from '../../rollout/shell/resolve-model.ts'
import { usedBackends } from '../../routing/table/compile-route.ts'
import type { ControlContext } from '../control-context.ts'

type Plane = Pick<ControlContext, 'providers' | 'store'>

/** Of longer lists, only so many names are compared with one that was written. */
const mostNames = 1000

/** What the plane accepts in a route and cannot serve: a deployment that is not declared, an operation that nobody has. */
export async function warnOfRoute(plane: Plane, route: ModelRoute): Promise<readonly string[]> {
  const missing = await Promise.all(
    (['backends', 'fallback'] as const).flatMap((list) =>
      route.spec[list].map(async (backend, place) => {
        if (!('deployment' in backend)) return []
        const key = backendKey(backend, route.metadata.namespace)
        if ((await plane.store.get('ModelDeployment', key)) !== null) return []
        const near = await nearestOf(key, deploymentsOf(plane))
        return [
          `spec.${list}[${place}].deployment is ${key}, which is not declared. The route waits for it and sends it nothing.${near}`,
        ]
      }),
    ),
  )
  return [...missing.flat(), ...impossibleOperations(plane, route)]
}

/** What a deployment's model that is not found is called, perhaps. */
export async function warnOfModel(
  registry: ModelRegistry | undefined,
  resolved: Resolved,
  model: ModelReference,
  abortSignal: AbortSignal,
): Promise<readonly string[]> {
  if (resolved.kind !== 'unresolved') return []
  const { reason, message } = resolved
  const isUnknown = reason === 'ModelNotFound' && registry !== undefined
  const near = isUnknown ? await nearestOf(nameOf(model), modelsOf(registry, abortSignal)) : ''
  return [`spec.model cannot be resolved, so no rollout begins: ${message}.${near}`]
}

/** The model's name in a reference. That of a text is what most registries read of it. */
function nameOf(model: ModelReference): string {
  return 'name' in model ? model.name : model.text.replace(/[@:][^@:/]*$/, '')
}

function impossibleOperations({ providers }: Plane, { spec }: ModelRoute): readonly string[] {
  const { backends, fallback } = usedBackends(spec)
  const used = [...backends, ...fallback]
  return spec.operations.flatMap((operation, place) => {
    // What a deployment can do is known when it runs.
    const mayDo = used.some(
      (backend) =>
        'deployment' in backend ||
        providers[backend.provider]?.capabilities.operations.includes(operation) !== false,
    )
    if (mayDo) return []
    const names = new Set(used.flatMap((backend) => ('provider' in backend ? [`"${backend.provider}"`] : [])))
    return [
      `spec.operations[${place}] is "${operation}", which none of its providers can do: ${[...names].join(', ') || 'none has a weight'}. Name another provider, or leave it out.`,
    ]
  })
}

async function* deploymentsOf({ store }: Plane): AsyncGenerator<Key> {
  for await (const { resource } of store.list('ModelDeployment')) yield keyOf(resource.metadata)
}

async function* modelsOf(registry: ModelRegistry, abortSignal: AbortSignal): AsyncGenerator<string> {
  for await (const { name } of registry.models({ abortSignal })) yield name
}

/** The question for the nearest name, or nothing. A list that fails has no names: it is only for this question. */
async function nearestOf(written: string, names: AsyncIterable<string>): Promise<string> {
  const known: string[] = []
  try {
    for await (const name of names) {
      known.push(name)
      if (known.length === mostNames) break
    }
  } catch {
    return ''
  }
  const near = nearestName(written, known)
  return near === undefined ? '' : ` Did you mean "${near}"?`
}
