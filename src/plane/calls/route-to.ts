import type { Key } from '../../resources/metadata.ts'
import { backendKey } from '../../resources/route/model-route.ts'
import type { TypedStore } from '../../store/typed-store.ts'

/** The key of a route that refers to the deployment; undefined when there is none. */
export async function routeTo(store: Pick<TypedStore, 'list'>, deployment: Key): Promise<Key | undefined> {
  for await (const { resource, key } of store.list('ModelRoute')) {
    const { spec, metadata } = resource
    const refers = [...spec.backends, ...spec.fallback].some(
      (backend) => 'deployment' in backend && backendKey(backend, metadata.namespace) === deployment,
    )
    if (refers) return key
  }
  return undefined
}
