import type { Approval, ModelVersion } from 'modelspine/adapter'
import type { VersionRecord } from '../mlflow-api.ts'
import { approvals, type MlflowSettings, ownTags } from '../mlflow-options.ts'
import type { MlflowFacts } from './mlflow-facts.ts'
import { ownFactsOf } from './own-facts.ts'
import { tagOf } from './run-facts.ts'

/** MLflow's record of a version and its facts, as the contract says it. `record.aliases` are those it has. */
export function publishedVersion(
  registry: string,
  record: VersionRecord,
  facts: MlflowFacts,
  settings: Pick<MlflowSettings, 'tags' | 'stages'>,
): ModelVersion {
  const { name, version, tags: written, aliases } = record
  const { tags } = settings
  const own = ownFactsOf(record)
  const owner = tagOf(written, tags.owner)
  const classification = tagOf(written, tags.classification)
  const signature = own.signature ?? facts.signature
  const lineage = { ...facts.lineage, ...own.lineage }
  const metrics = own.metrics ?? facts.metrics
  const spoken = new Set<string>([...Object.values(tags), ...Object.values(ownTags)])
  const others = (written ?? []).filter(({ key }) => !spoken.has(key))
  return {
    registry,
    name,
    version,
    artifact: {
      kind: 'files',
      files: [{ uri: facts.uri, ...(own.digest !== undefined && { digest: own.digest }) }],
    },
    approval: approvalOf(record, settings),
    aliases: [...(aliases ?? [])].sort(),
    tags: Object.fromEntries(others.map(({ key, value }) => [key, value ?? ''])),
    createdAtMs: Number(record.creation_timestamp),
    ...(owner && { owner }),
    ...(classification && { classification }),
    ...(signature !== undefined && { signature }),
    ...(Object.keys(lineage).length > 0 && { lineage }),
    ...(Object.keys(metrics).length > 0 && { metrics }),
    raw: record,
  }
}

/** The tag decides. The stage of an older server only counts where there is no tag. */
export function approvalOf(
  { tags: written, current_stage }: VersionRecord,
  { tags, stages }: Pick<MlflowSettings, 'tags' | 'stages'>,
): Approval {
  const tagged = tagOf(written, tags.approval)
  if (tagged !== undefined) return approvals.has(tagged) ? (tagged as Approval) : 'unknown'
  return Object.hasOwn(stages, current_stage ?? '') ? (stages[current_stage ?? ''] ?? 'unknown') : 'unknown'
}

/** MLflow writes `READY` for a version that can be used. Very old servers write nothing. */
export function isReady({ status }: VersionRecord): boolean {
  return !status || status === 'READY'
}
