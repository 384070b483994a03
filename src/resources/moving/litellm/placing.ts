import type { Ledger } from '../ledger.ts'
import type { ProviderShelf } from '../provider-shelf.ts'
import type { GroupMember } from './directory.ts'
import { type ProviderModel, providerOf } from './provider-of.ts'
import type { LitellmSettings } from './settings.ts'
import { type Weighted, weightsOf } from './weights.ts'

/** A deployment with its weight, and the backend that it becomes. */
export interface Placed extends Weighted {
  readonly at: ProviderModel
}

/** Makes backends of deployments that are asked at the same level. What has no provider is left. */
export class Placing {
  readonly #settings: LitellmSettings
  readonly #shelf: ProviderShelf
  readonly #ledger: Ledger

  constructor(settings: LitellmSettings, shelf: ProviderShelf, ledger: Ledger) {
    this.#settings = settings
    this.#shelf = shelf
    this.#ledger = ledger
  }

  place(level: readonly GroupMember[]): readonly Placed[] {
    return weightsOf(level, this.#settings, this.#ledger).flatMap((each) => {
      const at = providerOf(each.member.deployment, each.member.model, this.#shelf, this.#ledger)
      return at === undefined ? [] : [{ ...each, at }]
    })
  }

  /** In the order in which they are asked one by one: by level, and in a level the heaviest first. */
  inOrder(members: readonly GroupMember[]): readonly Placed[] {
    return levelsOf(members).flatMap((level) => heaviestFirst(this.place(level)))
  }
}

/** Deployments by their `order`, those without one last. */
export function levelsOf(members: readonly GroupMember[]): readonly (readonly GroupMember[])[] {
  const orderOf = ({ deployment }: GroupMember): number => deployment.order ?? Number.POSITIVE_INFINITY
  const orders = [...new Set(members.map(orderOf))].sort((one, other) => one - other)
  return orders.map((order) => members.filter((member) => orderOf(member) === order))
}

export function same(one: ProviderModel, other: ProviderModel): boolean {
  return one.provider === other.provider && one.model === other.model
}

/** A list names each backend once, so that two deployments of one backend share their weights. */
export function merged(placed: readonly Placed[]): readonly Placed[] {
  return distinct(placed).map((each) => ({
    ...each,
    weight: placed.reduce((sum, { at, weight }) => (same(at, each.at) ? sum + weight : sum), 0),
  }))
}

export function distinct(placed: readonly Placed[]): readonly Placed[] {
  return placed.filter(({ at }, place) => placed.findIndex((other) => same(other.at, at)) === place)
}

export function without(placed: readonly Placed[], others: readonly Placed[]): readonly Placed[] {
  return placed.filter(({ at }) => !others.some((other) => same(other.at, at)))
}

export function heaviestFirst(placed: readonly Placed[]): readonly Placed[] {
  return [...placed].sort((one, other) => other.weight - one.weight)
}
