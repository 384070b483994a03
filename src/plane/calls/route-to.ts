import type { Key } from '../../resources/metadata.ts'
import { backendKey, type ModelRoute } from '../../resources/route/model-route.ts'
import type { StateStore } from '../../store/contract.ts'

/** The key of a route that refers to the deployment; undefined when there is none. */
export async function routeTo(store: Pick<StateStore, 'list'>, deployment: Key): Promise<Key | undefined> {
  for await (const { resource, key } of store.list('ModelRoute')) {
    const { spec, metadata } = resource as ModelRoute
    const refers = [...spec.backends, ...spec.fallback].some(
      (backend) => 'deployment' in backend && backendKey(backend, metadata.namespace) === deployment,
    )
    if (refers) return key
  }
  return undefined
}
