import { latestApprovedAlias, type NamedReference } from 'modelspine/adapter'

type Signal = AbortSignal | undefined

/** How a registry looks up one version. Each throws `model-not-found`. */
export interface VersionLookups<Found> {
  version(model: string, version: string, abortSignal: Signal): Promise<Found>
  alias(model: string, alias: string, abortSignal: Signal): Promise<Found>
  latestApproved(model: string, abortSignal: Signal): Promise<Found>
}

/** The version that a reference means. */
export function findVersion<Found>(
  lookups: VersionLookups<Found>,
  wanted: NamedReference,
  abortSignal: Signal,
): Promise<Found> {
  const { name } = wanted
  if ('version' in wanted) return lookups.version(name, wanted.version, abortSignal)
  if (wanted.alias === latestApprovedAlias) return lookups.latestApproved(name, abortSignal)
  return lookups.alias(name, wanted.alias, abortSignal)
}
