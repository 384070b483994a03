import type { Key } from '../../resources/metadata.ts'
import type { CompiledRoute } from './compile-route.ts'
import { emptySnapshotMap, type SnapshotMap } from './snapshot-map.ts'

/** Knows which route each public name leads to. When several routes claim a name, the first of them has it. */
export class NamedRoutes {
  /** Keyed by the names of declared routes. */
  readonly #claims = new Map<string, Set<Key>>()
  readonly #routeAt: (key: Key) => CompiledRoute | undefined
  #routes: SnapshotMap<CompiledRoute> = emptySnapshotMap()

  constructor(routeAt: (key: Key) => CompiledRoute | undefined) {
    this.#routeAt = routeAt
  }

  /** The routes by name, as they are after the last change. */
  get routes(): SnapshotMap<CompiledRoute> {
    return this.#routes
  }

  /** Follows a change of one route. */
  changed(key: Key, before: readonly string[], after: readonly string[]): void {
    for (const name of before) {
      if (after.includes(name)) continue
      this.#claims.get(name)?.delete(key)
      this.#settle(name)
    }
    for (const name of after) {
      const claims = this.#claims.get(name)
      if (claims === undefined) this.#claims.set(name, new Set([key]))
      else claims.add(key)
      this.#settle(name)
    }
  }

  #settle(name: string): void {
    let first: CompiledRoute | undefined
    for (const key of this.#claims.get(name) ?? []) {
      const route = this.#routeAt(key)
      if (first === undefined || (route !== undefined && route.order < first.order)) first = route
    }
    if (first === undefined) this.#claims.delete(name)
    this.#routes = first === undefined ? this.#routes.without(name) : this.#routes.with(name, first)
  }
}
