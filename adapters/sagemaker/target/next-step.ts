import type { Revision, TargetWant } from 'modelspine/adapter'
import type { DesiredVariant } from './endpoint-requests.ts'
import type { LiveEndpoint, LiveVariant } from './live-endpoint.ts'
import { settingsOf } from './target-settings.ts'

/** How many variants an endpoint can have. */
export const mostVariants = 10

/** What is due next at an endpoint. */
export type EndpointStep =
  /** A config with these variants that are there and these that are not, and the endpoint with it. */
  | { readonly kind: 'bring'; readonly staying: readonly string[]; readonly added: readonly Revision[] }
  | { readonly kind: 'set'; readonly variants: readonly DesiredVariant[] }
  /** Nothing else can be done with an endpoint that failed. */
  | { readonly kind: 'delete' }
  /** The endpoint is as it is wanted. */
  | { readonly kind: 'clean' }

/**
 * New variants first, without traffic. Then weights and counts, and then what is no longer wanted. For an endpoint that
 * takes changes. Pure.
 */
export function nextStep(want: TargetWant, live: LiveEndpoint | undefined): EndpointStep {
  if (live === undefined) return { kind: 'bring', staying: [], added: want.revisions }
  if (live.status === 'Failed') return { kind: 'delete' }
  const there = live.variants.map(({ name }) => name)
  const wanted = new Set([...(want.keep ?? []), ...want.revisions.map(({ name }) => name)])
  const added = want.revisions.filter(({ name }) => !there.includes(name))
  // Nobody knows which instances of such an endpoint have which config.
  if (added.length > 0 || live.status === 'UpdateRollbackFailed') {
    return { kind: 'bring', staying: withRoom(live.variants, wanted, mostVariants - added.length), added }
  }
  const variants = variantsToSet(want, live.variants)
  if (variants.length > 0) return { kind: 'set', variants }
  const staying = there.filter((name) => wanted.has(name))
  return staying.length < there.length ? { kind: 'bring', staying, added } : { kind: 'clean' }
}

/** What stays beside new variants. Where there is no room, unwanted ones with the least traffic go first. */
function withRoom(
  variants: readonly LiveVariant[],
  wanted: ReadonlySet<string>,
  room: number,
): readonly string[] {
  const surplus = variants
    .filter(({ name }) => !wanted.has(name))
    .toSorted((one, other) => one.weight - other.weight)
  const gone = new Set(surplus.slice(0, Math.max(0, variants.length - room)).map(({ name }) => name))
  return variants.map(({ name }) => name).filter((name) => !gone.has(name))
}

function variantsToSet(want: TargetWant, variants: readonly LiveVariant[]): readonly DesiredVariant[] {
  const isThere = (name: string): boolean => variants.some((variant) => variant.name === name)
  // Where a kept variant is gone, its weight cannot be set, and the others keep their ratios.
  const split = want.split.filter(({ revision }) => isThere(revision))
  const sum = split.reduce((total, { weight }) => total + weight, 0)
  const weightOf = (name: string): number => split.find(({ revision }) => revision === name)?.weight ?? 0
  const isWeightRight = ({ name, desiredWeight }: LiveVariant): boolean =>
    Math.abs(desiredWeight - (weightOf(name) / sum) * 100) < 1e-3
  const setsWeights = sum > 0 && !variants.every(isWeightRight)
  return variants.flatMap((variant): readonly DesiredVariant[] => {
    const { name } = variant
    const count = countToSet(want, variant)
    if (!setsWeights && count === undefined) return []
    return [{ name, ...(setsWeights && { weight: weightOf(name) }), ...(count !== undefined && { count }) }]
  })
}

/** Undefined where the number of instances is right, or not ours to set. */
export function countToSet(
  { revisions, scale }: TargetWant,
  variant: LiveVariant,
  name: string = variant.name,
): number | undefined {
  const revision = revisions.find((each) => each.name === name)
  if (revision === undefined) return undefined
  const isAutoscaled = settingsOf(revision.settings).autoscaling === 'external'
  const { desiredCount: count } = variant
  const right = isAutoscaled ? Math.min(Math.max(count, scale.min), scale.max) : scale.min
  return right === count ? undefined : right
}
