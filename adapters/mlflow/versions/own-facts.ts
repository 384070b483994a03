import { type Lineage, ModelspineError, type NewModelVersion, type Signature } from 'modelspine/adapter'
import { z } from 'zod'
import type { VersionRecord } from '../mlflow-api.ts'
import { ownTags } from '../mlflow-options.ts'
import { tagOf } from './run-facts.ts'

/** What `register` was told and MLflow has no field for. It stands in a tag of the version, as JSON. */
export interface OwnFacts {
  readonly digest?: string | undefined
  readonly signature?: Signature | undefined
  readonly lineage?: Lineage | undefined
  readonly metrics?: Readonly<Record<string, number>> | undefined
}

const tensors = z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) }))
const names = z.array(z.string())

const ownFacts = z.object({
  digest: z.string().optional(),
  signature: z.object({ inputs: tensors, outputs: tensors }).optional(),
  lineage: z
    .object({ datasets: names.optional(), parents: names.optional(), commit: z.string().optional() })
    .transform((lineage) => lineage as Lineage)
    .optional(),
  metrics: z.record(z.string(), z.number()).optional(),
})

/** Throws `registry-unavailable` for a tag that somebody changed into something else. */
export function ownFactsOf({ name, version, tags }: VersionRecord): OwnFacts {
  const written = tagOf(tags, ownTags.facts)
  if (written === undefined) return {}
  try {
    return ownFacts.parse(JSON.parse(written))
  } catch {
    throw new ModelspineError(
      'registry-unavailable',
      `version ${version} of model "${name}": the tag ${ownTags.facts} does not hold what was written into it: remove it, or register the version again`,
      { details: { model: name, version, tag: ownTags.facts } },
    )
  }
}

/** Undefined when there is nothing to keep. */
export function ownFactsTag({ artifact, signature, lineage, metrics }: NewModelVersion): string | undefined {
  const { run: _, ...from } = lineage ?? {}
  const digest = artifact.kind === 'files' ? artifact.files[0]?.digest : undefined
  const facts = {
    ...(digest !== undefined && { digest }),
    ...(signature !== undefined && { signature }),
    ...(Object.keys(from).length > 0 && { lineage: from }),
    ...(metrics !== undefined && { metrics }),
  }
  return Object.keys(facts).length > 0 ? JSON.stringify(facts) : undefined
}
