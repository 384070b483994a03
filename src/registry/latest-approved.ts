import { ModelspineError } from '../errors.ts'
import type { ModelVersion } from './contract.ts'

/** The alias that every registry computes and never stores. */
export const latestApprovedAlias = 'latest-approved'

/** Throws `invalid-reference` for the alias `latest-approved`, which cannot be set. */
export function refuseComputedAlias(alias: string): void {
  if (alias !== latestApprovedAlias) return
  throw new ModelspineError(
    'invalid-reference',
    `the alias "${latestApprovedAlias}" is computed from approvals and cannot be set; approve a version instead`,
    { details: { alias } },
  )
}

/**
 * The version that the alias `latest-approved` means: the approved version with the greatest `createdAtMs`.
 * Of two with the same time, it is the later in `versions`. Throws `model-not-found` when no version is
 * approved.
 */
export async function latestApproved<Version extends Pick<ModelVersion, 'approval' | 'createdAtMs'>>(
  model: string,
  versions: AsyncIterable<Version> | Iterable<Version>,
): Promise<Version> {
  let latest: Version | undefined
  let seen = 0
  for await (const version of versions) {
    seen += 1
    if (version.approval !== 'approved') continue
    if (latest === undefined || version.createdAtMs >= latest.createdAtMs) latest = version
  }
  if (latest !== undefined) return latest
  throw new ModelspineError(
    'model-not-found',
    `none of the ${seen} versions of model "${model}" is approved: approve one, or name a version or an alias`,
    { details: { model, alias: latestApprovedAlias, versions: seen } },
  )
}
