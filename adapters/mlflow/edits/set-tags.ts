import { type Approval, ModelspineError } from 'modelspine/adapter'
import type { VendorClient } from '../../shared/vendor-client.ts'
import { writeTag } from '../mlflow-api.ts'
import { type MlflowTags, ownTags } from '../mlflow-options.ts'
import { tagOf } from '../versions/run-facts.ts'
import type { VersionReader } from '../versions/version-reader.ts'

/** One call for each tag that differs. When one fails, those before it are set, and the same call sets the rest. */
export async function setTags(
  client: VendorClient,
  reader: VersionReader,
  { model, version, tags }: TagChange,
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  const { tags: before } = await reader.version(model, version, abortSignal)
  for (const [key, value] of Object.entries(tags)) {
    if ((tagOf(before, key) ?? null) === value) continue
    await client.call({ ...writeTag(model, version, key, value), abortSignal })
  }
}

export interface TagChange {
  readonly model: string
  readonly version: string
  readonly tags: Readonly<Record<string, string | null>>
}

/** Approval has a call of its own, because other people may make it. What `register` wrote does not change. */
export function refuseKeptTags(tags: TagChange['tags'], { approval }: MlflowTags): void {
  for (const key of [approval, ...Object.values(ownTags)]) {
    if (!Object.hasOwn(tags, key)) continue
    const remedy = key === approval ? 'call setApproval' : 'register another version'
    throw new ModelspineError('invalid-options', `the tag ${key} cannot be set as a tag: ${remedy}`, {
      details: { field: `tags.${key}` },
    })
  }
}

export function approvalTag(approval: Approval, { approval: key }: MlflowTags): TagChange['tags'] {
  return { [key]: approval }
}
