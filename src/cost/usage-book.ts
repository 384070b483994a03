import type { Key } from '../resources/metadata.ts'
import type { AttemptRecord, UpstreamIdentity } from '../telemetry/contract.ts'
import type { UsageReport } from './contract.ts'
import { SumsBy } from './sums-by.ts'
import { Sums } from './usage-sums.ts'

export interface UsageBookOptions {
  /** The most names of each kind: routes, models, actors. */
  readonly maxEntries: number
  /** When the counting begins, in milliseconds since the epoch. */
  readonly sinceMs: number
  /** Whether there is a table of prices. */
  readonly isPriced: boolean
}

/** Longer ones are cut. */
const longestActor = 256

/** Adds up what the requests of a router used and cost, in memory with a bound: at most 1 kB a name. */
export class UsageBook {
  readonly #options: UsageBookOptions
  readonly #routes: SumsBy
  readonly #models: SumsBy
  readonly #actors: SumsBy
  /** Used for each call in turn. */
  readonly #call: Sums = new Sums()

  constructor(options: UsageBookOptions) {
    const { maxEntries } = options
    this.#options = options
    this.#routes = new SumsBy(maxEntries)
    this.#models = new SumsBy(maxEntries)
    this.#actors = new SumsBy(maxEntries)
  }

  called({ route, actor, upstream, endedAtMs, usage, cost }: AttemptRecord): void {
    const call = this.#call
    call.setCall(usage, cost)
    this.#routes.at(endedAtMs, route).add(call)
    this.#models.at(endedAtMs, upstream.provider, upstream.model).add(call)
    this.#actors.at(endedAtMs, actor.name.slice(0, longestActor)).add(call)
  }

  /** A request has ended. `upstream`: the one that was asked last. */
  ended(atMs: number, route: Key, actor: string, upstream: UpstreamIdentity | undefined): void {
    this.#routes.at(atMs, route).addRequest()
    this.#actors.at(atMs, actor.slice(0, longestActor)).addRequest()
    if (upstream !== undefined) this.#models.at(atMs, upstream.provider, upstream.model).addRequest()
  }

  report(): UsageReport {
    const { isPriced, sinceMs } = this.#options
    return {
      sinceMs,
      total: this.#routes.total().read(isPriced),
      routes: this.#routes.read(isPriced, (route) => ({ route: route as Key })),
      models: this.#models.read(isPriced, (provider, model) => ({ provider, model })),
      actors: this.#actors.read(isPriced, (actor) => ({ actor })),
    }
  }
}
