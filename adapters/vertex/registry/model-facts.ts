import type { Lineage, NewModelVersion, Signature } from 'modelspine/adapter'
import { z } from 'zod'

/** What `register` was told and Vertex has no field for. */
export interface VertexModelFacts {
  readonly signature?: Signature | undefined
  readonly lineage?: Lineage | undefined
  readonly metrics?: Readonly<Record<string, number>> | undefined
  readonly digest?: string | undefined
}

const tensors = z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) }))
const names = z.array(z.string())

const schema = z.object({
  modelspine: z.object({
    signature: z.object({ inputs: tensors, outputs: tensors }).optional(),
    lineage: z
      .object({
        run: z.string().optional(),
        datasets: names.optional(),
        parents: names.optional(),
        commit: z.string().optional(),
      })
      .transform((lineage) => lineage as Lineage)
      .optional(),
    metrics: z.record(z.string(), z.number()).optional(),
    digest: z.string().optional(),
  }),
})

/** The description of a version, with the facts in it. Undefined where there are none. */
export function factsText({ artifact, signature, lineage, metrics }: NewModelVersion): string | undefined {
  const digest = artifact.kind === 'files' ? artifact.files[0]?.digest : undefined
  const facts = { signature, lineage, metrics, digest }
  const isEmpty = Object.values(facts).every((fact) => fact === undefined)
  return isEmpty ? undefined : JSON.stringify({ modelspine: facts })
}

/** A description that somebody wrote for people has none. */
export function factsIn(description: string | null | undefined): VertexModelFacts {
  if (!description?.startsWith('{"modelspine":')) return {}
  try {
    return schema.parse(JSON.parse(description)).modelspine
  } catch {
    return {}
  }
}
