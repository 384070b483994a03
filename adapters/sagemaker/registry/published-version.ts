import type { Approval, Lineage, ModelVersion } from 'modelspine/adapter'
import { artifactOf } from './artifact.ts'
import { factsOf, metricsOf } from './package-facts.ts'
import type { PackageRecord } from './package-replies.ts'
import type { ApprovalStatus } from './package-requests.ts'
import { factsPrefix, type SagemakerMetadata, type SagemakerRegistrySettings } from './registry-options.ts'

export interface PublishedAs {
  readonly registry: string
  /** The model's name as the caller wrote it. */
  readonly name: string
  readonly version: string
  readonly aliases: readonly string[]
}

/** SageMaker's record of a version, as the contract says it. */
export function publishedVersion(
  record: PackageRecord,
  { registry, name, version, aliases }: PublishedAs,
  { artifact, metadata }: Pick<SagemakerRegistrySettings, 'artifact' | 'metadata'>,
): ModelVersion {
  const entries = record.CustomerMetadataProperties ?? {}
  const facts = factsOf(record)
  const owner = entries[metadata.owner]
  const classification = entries[metadata.classification]
  const lineage = lineageOf(record, facts.lineage)
  const metrics = metricsOf(record, metadata)
  const tags = Object.entries(entries).filter(([key]) => !isOwnEntry(key, metadata))
  return {
    registry,
    name,
    version,
    artifact: artifactOf(record, artifact, facts.digests ?? {}),
    approval: approvalOf(record.ModelApprovalStatus),
    aliases: [...aliases].sort(),
    tags: Object.fromEntries(tags),
    createdAtMs: createdAtMs(record),
    ...(owner && { owner }),
    ...(classification && { classification }),
    ...(facts.signature !== undefined && { signature: facts.signature }),
    ...(Object.keys(lineage).length > 0 && { lineage }),
    ...(Object.keys(metrics).length > 0 && { metrics }),
    raw: record,
  }
}

/** Whether an entry of the metadata is another fact than a tag. */
export function isOwnEntry(key: string, { owner, classification, metrics }: SagemakerMetadata): boolean {
  return key === owner || key === classification || key.startsWith(metrics) || key.startsWith(factsPrefix)
}

function lineageOf(record: PackageRecord, told: Lineage = {}): Lineage {
  const { MetadataProperties, SourceUri } = record
  const run = MetadataProperties?.GeneratedBy
  const commit = MetadataProperties?.CommitId
  return {
    ...(run && { run }),
    ...(commit && { commit }),
    ...(SourceUri && { parents: [SourceUri] }),
    ...told,
  }
}

/** SageMaker writes seconds with a fraction. */
export function createdAtMs({ CreationTime }: { readonly CreationTime: number }): number {
  return Math.round(CreationTime * 1000)
}

const approvals: Readonly<Record<ApprovalStatus, Approval>> = {
  Approved: 'approved',
  Rejected: 'rejected',
  PendingManualApproval: 'pending',
}

export function approvalOf(status: string | null | undefined): Approval {
  return Object.hasOwn(approvals, status ?? '') ? approvals[status as ApprovalStatus] : 'unknown'
}

/** Undefined for `unknown`, for which SageMaker has no word. */
export function statusOf(approval: Approval): ApprovalStatus | undefined {
  return (Object.keys(approvals) as ApprovalStatus[]).find((status) => approvals[status] === approval)
}

/** Whether a version can be used. */
export function isReady({ ModelPackageStatus }: Pick<PackageRecord, 'ModelPackageStatus'>): boolean {
  return ModelPackageStatus === 'Completed'
}
