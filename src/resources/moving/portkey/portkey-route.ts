import type { ModelRouteInput, RouteTimeouts } from '../../route/model-route.ts'
import type { Ledger, Reason } from '../ledger.ts'
import type { ProviderShelf } from '../provider-shelf.ts'
import { needsNames } from '../route-names.ts'
import { writtenDuration } from '../written-duration.ts'
import { type Leaf, type PortkeyPlan, same } from './portkey-plan.ts'

const mostAttempts = 10
/** What a route's request takes by default. */
const usualRequestMs = 60_000

const withoutAdapter: Reason = [
  'no adapter of Modelspine speaks to this vendor; the route names a provider that the app has to write',
  'Use fromAiSdk with the package that the AI SDK has for the vendor, or write a ModelProvider.',
]

/** The route of a plan. `to` is its place in the result, such as `routes[0]`. */
export function routeOfPlan(
  { heads, tail, modes }: PortkeyPlan,
  label: string,
  names: readonly string[],
  shelf: ProviderShelf,
  ledger: Ledger,
  to: string,
): ModelRouteInput | undefined {
  if (heads.every(({ weight }) => weight === 0)) {
    for (const { path } of heads) ledger.leave(path, ['no target has a weight above 0, so nothing is asked'])
    return undefined
  }
  const fallback = tail.slice(0, mostAttempts - 1)
  for (const { path } of tail.slice(mostAttempts - 1)) {
    ledger.leave(path, [`a route makes at most ${mostAttempts} calls`])
  }
  const attempts = 1 + fallback.length
  const timeouts = timeoutsOf([...heads, ...fallback], attempts, ledger, `${to}.spec.timeouts.attempt`)
  for (const mode of modes) ledger.carry(mode, `${to}.spec.${fallback.length > 0 ? 'fallback' : 'backends'}`)
  for (const leaf of [...heads, ...fallback]) book(leaf, heads, fallback, ledger, to)
  const providerOf = ({ sketch, from }: Leaf): string => {
    if (
      sketch.vendor?.adapter === undefined &&
      sketch.vendorWord !== undefined &&
      from.provider !== undefined
    ) {
      ledger.leave(from.provider.path, withoutAdapter)
    }
    return shelf.nameOf(sketch)
  }
  return {
    kind: 'ModelRoute',
    metadata: { name: label },
    spec: {
      ...(needsNames(label, names) && { names }),
      operations: [
        ...new Set([...heads, ...fallback].map(({ model }) => (/embed/i.test(model) ? 'embed' : 'chat'))),
      ],
      backends: heads.map((leaf) => {
        const backend = { provider: providerOf(leaf), model: leaf.model }
        return leaf.weight === 1 && leaf.from.weight === undefined
          ? backend
          : { ...backend, weight: leaf.weight }
      }),
      ...(fallback.length > 0 && {
        fallback: fallback.map((leaf) => ({ provider: providerOf(leaf), model: leaf.model })),
      }),
      ...(timeouts !== undefined && { timeouts }),
      attempts,
    },
  }
}

function book(
  leaf: Leaf,
  heads: readonly Leaf[],
  fallback: readonly Leaf[],
  ledger: Ledger,
  to: string,
): void {
  const first = heads.findIndex((other) => same(leaf, other))
  const where =
    first >= 0
      ? `${to}.spec.backends[${first}]`
      : `${to}.spec.fallback[${fallback.findIndex((other) => same(leaf, other))}]`
  const { model, provider, weight } = leaf.from
  if (model !== undefined) ledger.carry(model.path, `${where}.model`)
  if (provider !== undefined) ledger.carry(provider.path, `${where}.provider`)
  if (weight === undefined) return
  if (first >= 0) ledger.carry(weight.path, `${where}.weight`)
  else ledger.leave(weight.path, ['fallbacks are asked in their order, so a weight says nothing'])
}

/** Portkey's timeout is for one call of one target. A route has one for all: the longest. */
function timeoutsOf(
  leaves: readonly Leaf[],
  attempts: number,
  ledger: Ledger,
  to: string,
): RouteTimeouts | undefined {
  const read = leaves.flatMap(({ from: { timeout } }) => {
    if (timeout === undefined) return []
    const { value, path } = timeout
    if (typeof value === 'number' && value >= 1 && value <= 366 * 86_400_000)
      return [{ ms: Math.round(value), path }]
    ledger.leave(path, ['it is no number of milliseconds', 'Write timeouts.attempt of the route.'])
    return []
  })
  if (read.length === 0) return undefined
  const longest = Math.max(...read.map(({ ms }) => ms))
  for (const { ms, path } of read) {
    if (ms === longest) ledger.carry(path, to)
    else ledger.leave(path, ['a route has one limit for all of its backends, and another one is longer'])
  }
  const whole = longest * attempts
  return {
    ...(whole > usualRequestMs && { request: writtenDuration(whole) }),
    attempt: writtenDuration(longest),
  }
}
