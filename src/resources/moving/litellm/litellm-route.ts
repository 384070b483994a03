import type { ModelRouteInput, RouteBackendInput } from '../../route/model-route.ts'
import type { Ledger } from '../ledger.ts'
import { needsNames } from '../route-names.ts'
import type { GroupMember } from './directory.ts'
import type { LitellmFallbacks } from './fallbacks.ts'
import { askable, operationOf } from './operations.ts'
import { placedFallbacks } from './placed-fallbacks.ts'
import {
  distinct,
  heaviestFirst,
  levelsOf,
  merged,
  type Placed,
  type Placing,
  same,
  without,
} from './placing.ts'
import type { LitellmSettings } from './settings.ts'
import { timeoutsOf } from './timeouts.ts'

/** The most calls that a route may make, and LiteLLM's usual number of retries. */
const mostAttempts = 10
const usualRetries = 2

export interface RouteParts {
  readonly settings: LitellmSettings
  readonly fallbacks: LitellmFallbacks
  readonly placing: Placing
  readonly ledger: Ledger
}

/** A group of deployments, and what the route that it becomes is called. */
export interface LitellmGroup {
  readonly group: string
  readonly members: readonly GroupMember[]
  readonly label: string
  readonly names: readonly string[]
}

/**
 * The route of a group, or undefined when it has no deployment that a route can ask. `to` is its place in the result, such
 * as `routes[2]`.
 */
export function routeOf(
  { group, members, label, names }: LitellmGroup,
  { settings, fallbacks, placing, ledger }: RouteParts,
  to: string,
): ModelRouteInput | undefined {
  const able = askable(members, ledger)
  const [first = [], ...later] = levelsOf(able)
  const level = placing.place(first)
  const backends = merged(level.filter(({ weight }) => weight > 0))
  if (backends.length === 0) return undefined

  const operations = (['chat', 'embed'] as const).filter((each) =>
    able.some((one) => operationOf(one) === each),
  )
  // LiteLLM asks a deployment without weight when the others are away.
  const next = [...level.filter(({ weight }) => weight === 0), ...placing.inOrder(later.flat())]
  const chain = placedFallbacks(group, operations, fallbacks, placing, ledger)
  const others = without(distinct([...next, ...chain.flatMap(({ placed }) => placed)]), backends)
  const retries = retriesIn(backends.length, settings, ledger, `${to}.spec.attempts`)
  // A route asks its fallbacks before its other backends. LiteLLM asks the group first, so the group stands in both lists.
  const groupFirst = others.length > 0 && retries > 0 && retries === backends.length - 1
  const fallback = groupFirst ? [...heaviestFirst(backends), ...others] : others
  const attempts = Math.min(1 + retries + others.length, mostAttempts)
  const timeouts = timeoutsOf(first, attempts, settings, ledger, `${to}.spec.timeouts`)

  const path = first[0]?.deployment.at('model_name') ?? []
  if (others.length > 0 && retries > 0 && !groupFirst) {
    ledger.leave(path, [
      'LiteLLM asks some of the group before its fallbacks; the route asks the fallbacks first',
      'Write a RoutingStrategy, or let num_retries cover the whole group.',
    ])
  }
  if (1 + retries + others.length > mostAttempts) {
    ledger.leave(path, [
      `a route makes at most ${mostAttempts} calls for a request, so its last fallbacks are never asked`,
    ])
  }
  book(level, backends, fallback, ledger, to)
  book(next, [], fallback, ledger, to)
  for (const { paths, placed } of chain) {
    const at = fallback.findIndex((each) => placed.some((one) => same(one.at, each.at)))
    for (const each of paths) ledger.carry(each, `${to}.spec.${at < 0 ? 'backends' : `fallback[${at}]`}`)
  }
  return {
    kind: 'ModelRoute',
    metadata: { name: label },
    spec: {
      ...(needsNames(label, names) && { names }),
      operations,
      backends: backends.map(({ at, weight, from }) => {
        const plain = from === undefined && (weight === 1 || backends.length === 1)
        return plain ? { ...at } : { ...at, weight }
      }),
      ...(fallback.length > 0 && { fallback: fallback.map(({ at }): RouteBackendInput => ({ ...at })) }),
      ...(timeouts !== undefined && { timeouts }),
      attempts,
    },
  }
}

/** How often another deployment of the group is asked. A route calls each backend once. */
function retriesIn(size: number, settings: LitellmSettings, ledger: Ledger, to: string): number {
  const written = settings.number('num_retries')
  if (written === undefined) return Math.min(usualRetries, size - 1)
  if (written.value <= size - 1) ledger.carry(written.path, to)
  else {
    ledger.leave(written.path, [
      'a route calls each of its backends at most once for a request, so retries of the same deployment are left',
      'Add a fallback, or repeat in the app.',
    ])
  }
  return Math.min(written.value, size - 1)
}

function book(
  placed: readonly Placed[],
  backends: readonly Placed[],
  fallback: readonly Placed[],
  ledger: Ledger,
  to: string,
): void {
  for (const { at, member, from } of placed) {
    const find = (list: readonly Placed[]): number => list.findIndex((each) => same(each.at, at))
    const first = find(backends)
    const where = first >= 0 ? `${to}.spec.backends[${first}]` : `${to}.spec.fallback[${find(fallback)}]`
    const { deployment } = member
    ledger.carry(deployment.at('litellm_params', 'model'), `${where}.model`)
    if (from !== undefined) ledger.carry(from.path, first >= 0 ? `${where}.weight` : where)
    if (deployment.order !== undefined) ledger.carry(deployment.at('litellm_params', 'order'), where)
    if (deployment.mode !== undefined)
      ledger.carry(deployment.at('model_info', 'mode'), `${to}.spec.operations`)
  }
}
