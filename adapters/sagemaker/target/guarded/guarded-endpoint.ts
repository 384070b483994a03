import type { Revision, TargetWant } from 'modelspine/adapter'
import type { ConfigReply } from '../endpoint-replies.ts'
import type { LiveEndpoint } from '../live-endpoint.ts'
import { type EndpointPlace, listAll, lists, readConfig } from '../target-calls.ts'

/** The one variant of an endpoint that this target made. SageMaker wants the same name in each update. */
export const guardedVariant = 'AllTraffic'

/** An endpoint of one variant, whose model tells the revision. */
export interface GuardedEndpoint {
  readonly live: LiveEndpoint
  readonly config: ConfigReply
  readonly variant: string
  /** The revision that serves. */
  readonly serving: string
}

/** Undefined for an endpoint with several variants or none. */
export function guardedOf(
  { names }: Pick<EndpointPlace, 'names'>,
  live: LiveEndpoint,
  config: ConfigReply,
): GuardedEndpoint | undefined {
  const [only, ...more] = config.ProductionVariants
  if (only === undefined || more.length > 0) return undefined
  const { VariantName: variant, ModelName } = only
  return { live, config, variant, serving: names.revisionOf(ModelName ?? '') ?? variant }
}

/** The revision that shall have all requests. Before there is a split, the first one. */
export function chosenIn({ split, revisions, keep = [] }: TargetWant, serving?: string): string | undefined {
  const weighted = split.find(({ weight }) => weight === 100)?.revision
  const names = [...keep, ...revisions.map(({ name }) => name)]
  return weighted ?? names.find((name) => name === serving) ?? revisions[0]?.name
}

/**
 * Whether a shift is that of a rollout: from a revision that is wanted to the newest one. Any other goes back, or away
 * from what nobody wants.
 */
export function isForward(
  { revisions, keep = [] }: TargetWant,
  revision: Revision,
  serving: string,
): boolean {
  const isWanted = keep.includes(serving) || revisions.some(({ name }) => name === serving)
  return isWanted && revisions.at(-1)?.name === revision.name
}

/** A config of this target that brings the model. Undefined where there is none. */
export async function configWith(place: EndpointPlace, model: string): Promise<string | undefined> {
  for (const { name } of await listAll(place, lists.configs, `${place.names.base}-`)) {
    if (place.names.isConfig(name) && (await modelIn(place, name)) === model) return name
  }
  return undefined
}

/** The model of a config with one variant. */
export async function modelIn(place: EndpointPlace, config: string): Promise<string | undefined> {
  const [only, ...more] = (await readConfig(place, config))?.ProductionVariants ?? []
  return more.length === 0 ? (only?.ModelName ?? undefined) : undefined
}
