import { formatReference } from '../../../resources/deployment/reference.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { TypedObject } from '../../../store/typed-store.ts'
import type { CommitListener } from './commit-listeners.ts'

/** Knows which deployments use a model. Its maps are keyed by declared deployments. */
export interface ModelsInUse extends CommitListener {
  /** The deployments that a change of this model may concern. */
  usersOf(registry: string, model: string): Iterable<Key>
}

/** Stands for the model of a reference that only its registry can read, and has not read yet. */
const unread = ''

export function createModelsInUse(): ModelsInUse {
  const users = new Map<string, Set<Key>>()
  const models = new Map<Key, string>()

  const forget = (key: Key): void => {
    const id = models.get(key)
    if (id === undefined) return
    models.delete(key)
    const others = users.get(id)
    others?.delete(key)
    if (others?.size === 0) users.delete(id)
  }
  return {
    seen(stored) {
      if (stored.kind !== 'ModelDeployment') return
      const { key } = stored
      const id = idOf(stored.resource.spec.model.registry, modelOf(stored))
      if (models.get(key) === id) return
      forget(key)
      models.set(key, id)
      const others = users.get(id)
      if (others === undefined) users.set(id, new Set([key]))
      else others.add(key)
    },
    gone(kind, key) {
      if (kind === 'ModelDeployment') forget(key)
    },
    *usersOf(registry, model) {
      yield* users.get(idOf(registry, model)) ?? []
      yield* users.get(idOf(registry, unread)) ?? []
    },
  }
}

/** The name of the model, as the reference has it or as the registry has read it. */
function modelOf({ resource, status }: TypedObject<'ModelDeployment'>): string {
  const { model } = resource.spec
  if ('name' in model) return model.name
  if (status?.desired === undefined || status.resolvedFrom !== formatReference(model)) return unread
  return status.revisions[status.desired]?.model.name ?? unread
}

function idOf(registry: string, model: string): string {
  return `${registry}/${model}`
}
