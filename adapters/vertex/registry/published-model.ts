import type { Approval, Artifact, Lineage, ModelVersion } from 'modelspine/adapter'
import { factsIn, type VertexModelFacts } from './model-facts.ts'
import type { VertexModelRecord } from './model-replies.ts'
import { registrationLabel, type VertexModelLabels, type VertexRegistrySettings } from './registry-options.ts'

interface AskedAs {
  readonly registry: string
  /** The model's name as the caller wrote it. */
  readonly name: string
  readonly alias?: string
}

/** Vertex's record of a version, as the contract says it. */
export function publishedModel(
  record: VertexModelRecord,
  { registry, name, alias }: AskedAs,
  { artifact, labels }: Pick<VertexRegistrySettings, 'artifact' | 'labels'>,
): ModelVersion {
  const given = record.labels ?? {}
  const facts = factsIn(record.versionDescription)
  const owner = given[labels.owner]
  const classification = given[labels.classification]
  const lineage = lineageOf(record, facts.lineage)
  return {
    registry,
    name,
    version: versionIn(record),
    artifact: artifactOf(record, artifact, facts),
    approval: approvalOf(given[labels.approval]),
    aliases: aliasesIn(record, alias),
    tags: tagsIn(given, labels),
    createdAtMs: Date.parse(record.versionCreateTime ?? record.createTime ?? '') || 0,
    ...(owner && { owner }),
    ...(classification && { classification }),
    ...(facts.signature !== undefined && { signature: facts.signature }),
    ...(Object.keys(lineage).length > 0 && { lineage }),
    ...(facts.metrics !== undefined && { metrics: facts.metrics }),
    raw: record,
  }
}

export function versionIn({ versionId }: VertexModelRecord): string {
  return versionId ?? ''
}

export function modelIdIn({ name }: VertexModelRecord): string {
  return name.split('/').at(-1) ?? ''
}

/** Every model has a default version, so this alias tells something only to who asked for it. */
function aliasesIn({ versionAliases }: VertexModelRecord, asked: string | undefined): readonly string[] {
  return (versionAliases ?? []).filter((alias) => alias !== 'default' || alias === asked).toSorted()
}

/** Models of AutoML and tuned ones have no folder of their own. */
export function artifactOf(
  record: VertexModelRecord,
  kind: VertexRegistrySettings['artifact'],
  { digest }: VertexModelFacts = {},
): Artifact {
  const { artifactUri } = record
  if (kind === 'files' && artifactUri) {
    return { kind: 'files', files: [{ uri: artifactUri, ...(digest !== undefined && { digest }) }] }
  }
  return { kind: 'hosted', provider: 'vertex', model: `${record.name}@${versionIn(record)}` }
}

export function tagsIn(
  labels: Readonly<Record<string, string>>,
  names: VertexModelLabels,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !isOwnLabel(name, names)))
}

/** Whether a label is another fact than a tag. */
export function isOwnLabel(label: string, names: VertexModelLabels): boolean {
  return label === registrationLabel || Object.values(names).includes(label)
}

function lineageOf(record: VertexModelRecord, told: Lineage = {}): Lineage {
  const run = record.pipelineJob || record.trainingPipeline
  const parent = record.originalModelInfo?.model
  return { ...(run && { run }), ...(parent && { parents: [parent] }), ...told }
}

const approvals: readonly Approval[] = ['approved', 'rejected', 'pending']

function approvalOf(label: string | undefined): Approval {
  return approvals.find((approval) => approval === label) ?? 'unknown'
}
