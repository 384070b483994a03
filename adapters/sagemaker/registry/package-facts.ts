import { type Lineage, ModelspineError, type NewModelVersion, type Signature } from 'modelspine/adapter'
import { z } from 'zod'
import type { PackageRecord } from './package-replies.ts'
import { factsPrefix, type SagemakerMetadata } from './registry-options.ts'

/**
 * What `register` was told and SageMaker has no field for. Metadata is at most 256 characters an entry, without quotes
 * and braces. So it is JSON in base64, in as many entries as it takes: `modelspine.facts.0`, `modelspine.facts.1` …
 */
export interface PackageFacts {
  readonly signature?: Signature | undefined
  readonly lineage?: Pick<Lineage, 'datasets' | 'parents'> | undefined
  /** Digests by address. */
  readonly digests?: Readonly<Record<string, string>> | undefined
}

const tensors = z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) }))
const names = z.array(z.string())

const factsSchema = z.object({
  signature: z.object({ inputs: tensors, outputs: tensors }).optional(),
  lineage: z
    .object({ datasets: names.optional(), parents: names.optional() })
    .transform((lineage) => lineage as Lineage)
    .optional(),
  digests: z.record(z.string(), z.string()).optional(),
})

const entryLength = 256

/** Empty when there is nothing to keep. */
export function factsEntries({
  artifact,
  signature,
  lineage,
}: NewModelVersion): Readonly<Record<string, string>> {
  const { datasets, parents } = lineage ?? {}
  const files = artifact.kind === 'files' ? artifact.files : []
  const digests = files.flatMap(({ uri, digest }) => (digest === undefined ? [] : [[uri, digest] as const]))
  const facts = {
    ...(signature !== undefined && { signature }),
    ...((datasets ?? parents) && { lineage: { ...(datasets && { datasets }), ...(parents && { parents }) } }),
    ...(digests.length > 0 && { digests: Object.fromEntries(digests) }),
  }
  if (Object.keys(facts).length === 0) return {}
  const written = Buffer.from(JSON.stringify(facts)).toString('base64')
  const pieces = written.match(new RegExp(`.{1,${entryLength}}`, 'g')) ?? []
  return Object.fromEntries(pieces.map((piece, place) => [`${factsPrefix}${place}`, piece]))
}

/** Throws `registry-unavailable` for entries that somebody changed into something else. */
export function factsOf({ CustomerMetadataProperties, ModelPackageArn }: PackageRecord): PackageFacts {
  const entries = CustomerMetadataProperties ?? {}
  const pieces: string[] = []
  for (
    let piece = entries[`${factsPrefix}0`];
    piece !== undefined;
    piece = entries[`${factsPrefix}${pieces.length}`]
  ) {
    pieces.push(piece)
  }
  if (pieces.length === 0) return {}
  try {
    return factsSchema.parse(JSON.parse(Buffer.from(pieces.join(''), 'base64').toString('utf8')))
  } catch {
    throw new ModelspineError(
      'registry-unavailable',
      `${ModelPackageArn}: the metadata ${factsPrefix}0 … does not hold what was written into it: remove it, or register the version again`,
      { details: { arn: ModelPackageArn } },
    )
  }
}

/** Entries whose name begins as that of a metric and whose value is a number. */
export function metricsOf(
  { CustomerMetadataProperties }: PackageRecord,
  { metrics }: SagemakerMetadata,
): Readonly<Record<string, number>> {
  const read = Object.entries(CustomerMetadataProperties ?? {})
    .filter(([key, value]) => key.startsWith(metrics) && value.trim() !== '')
    .map(([key, value]) => [key.slice(metrics.length), Number(value)] as const)
  return Object.fromEntries(read.filter(([, value]) => Number.isFinite(value)))
}
