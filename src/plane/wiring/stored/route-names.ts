import type { Key } from '../../../resources/metadata.ts'
import { type ModelRoute, publicNames } from '../../../resources/route/model-route.ts'
import { ifUnreadable } from '../../../store/if-unreadable.ts'
import type { TypedStore } from '../../../store/typed-store.ts'
import type { RouteNames } from '../../control-context.ts'
import type { CommitListener } from './commit-listeners.ts'

/** Its maps are keyed by declared routes. */
export function createRouteNames(store: Pick<TypedStore, 'get' | 'list'>): RouteNames & CommitListener {
  const routesWith = new Map<string, Set<Key>>()
  const namesOf = new Map<Key, readonly string[]>()
  /** The last change that wants each name. */
  const last = new Map<string, Promise<void>>()
  let known: Promise<void> | undefined

  const follow = (key: Key, names: readonly string[]): void => {
    for (const name of namesOf.get(key) ?? []) {
      const routes = routesWith.get(name)
      routes?.delete(key)
      if (routes?.size === 0) routesWith.delete(name)
    }
    if (names.length === 0) namesOf.delete(key)
    else namesOf.set(key, names)
    for (const name of names) routesWith.set(name, (routesWith.get(name) ?? new Set()).add(key))
  }
  /** Reads every route, unless the store's watch has told them all. */
  const readAll = async (): Promise<void> => {
    for await (const { key, resource } of store.list('ModelRoute')) {
      if (!namesOf.has(key)) follow(key, publicNames(resource))
    }
  }
  return {
    loaded() {
      known = Promise.resolve()
    },
    seen(stored) {
      if (stored.kind === 'ModelRoute') follow(stored.key, publicNames(stored.resource))
    },
    committed({ kind, key, resource }) {
      if (kind === 'ModelRoute') follow(key, publicNames(resource as ModelRoute))
    },
    gone(kind, key) {
      if (kind === 'ModelRoute') follow(key, [])
    },
    async takenBy(name, route) {
      known ??= readAll()
      await known.catch((error: unknown) => {
        known = undefined
        throw error
      })
      for (const key of routesWith.get(name) ?? []) {
        if (key === route) continue
        // Another process may have changed it since.
        const stored = (await store.get('ModelRoute', key).catch(ifUnreadable)) ?? null
        if (stored !== null && publicNames(stored.resource).includes(name)) return key
      }
      return undefined
    },
    async inTurn(names, change) {
      const before = names.map((name) => last.get(name))
      const answer = Promise.all(before).then(change)
      const ended = answer.then(nothing, nothing)
      for (const name of names) last.set(name, ended)
      try {
        return await answer
      } finally {
        for (const name of names) if (last.get(name) === ended) last.delete(name)
      }
    },
  }
}

function nothing(): void {}
