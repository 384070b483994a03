import { z } from 'zod'
import { annotationNames, type Predictor } from './kserve-api.ts'

/**
 * Our own record of which revision came after which. It stands on the predictor and never changes as long as the predictor
 * stays, because KServe copies annotations to pods, and another annotation would start new ones.
 *
 * KServe's own `previousRolledoutRevision` is wrong after some orders of changes: kserve#2130.
 */
export interface RevisionLineage {
  /** The generation of the InferenceService that the write of this predictor makes. */
  readonly generation: number
  /** The newest Knative revision before this predictor was written. Every later one is of this predictor. */
  readonly after?: string
  /** It came into `spec.canary` first. */
  readonly canary?: true
  /** What gets the rest of the traffic, in the mode `knative`. */
  readonly previous?: PreviousRevision
  /** A revision that this predictor takes the place of, and which is there until this one is ready. */
  readonly replaces?: string
  /** The failure that KServe told when this predictor was written: it is not this predictor's. */
  readonly failure?: string
}

export interface PreviousRevision {
  readonly revision: string
  /** The Knative revision. */
  readonly name: string
  /** As it was written, to go back to exactly this. */
  readonly predictor: Predictor
}

const lineage = z.object({
  generation: z.number().catch(1),
  after: z.string().optional().catch(undefined),
  canary: z.literal(true).optional().catch(undefined),
  previous: z
    .object({ revision: z.string(), name: z.string(), predictor: z.record(z.string(), z.unknown()) })
    .optional()
    .catch(undefined),
  replaces: z.string().optional().catch(undefined),
  failure: z.string().optional().catch(undefined),
})

export function lineageText(given: RevisionLineage): string {
  return JSON.stringify(given)
}

/** A record that somebody has damaged says nothing. */
export function lineageOf(predictor: Predictor): RevisionLineage {
  const text = annotationOf(predictor, annotationNames.lineage)
  try {
    return lineage.parse(JSON.parse(text ?? '{}')) as RevisionLineage
  } catch {
    return { generation: 1 }
  }
}

/** The revision that a predictor runs. Undefined for a predictor that is not ours. */
export function revisionOf(predictor: Predictor): string | undefined {
  return annotationOf(predictor, annotationNames.revision)
}

export function annotationOf({ annotations }: Predictor, name: string): string | undefined {
  const value = (annotations as Readonly<Record<string, unknown>> | null | undefined)?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The predictor as it was written for its revision: without its replicas, traffic and lineage. */
export function bareOf(predictor: Predictor): Predictor {
  const { canaryTrafficPercent: _, minReplicas: __, maxReplicas: ___, annotations, ...rest } = predictor
  const { [annotationNames.lineage]: ____, ...others } = (annotations ?? {}) as Readonly<
    Record<string, unknown>
  >
  return { ...rest, annotations: others }
}

export function withLineage(predictor: Predictor, given: RevisionLineage): Predictor {
  return {
    ...predictor,
    annotations: {
      ...(predictor.annotations as object | undefined),
      [annotationNames.lineage]: lineageText(given),
    },
  }
}

/** Whether a Knative revision came after another. Their names end in a number that rises. */
export function isLater(name: string | null | undefined, after: string | undefined): boolean {
  if (!name) return false
  if (after === undefined) return true
  const [number, other] = [name, after].map((each) => Number(/-(\d+)$/.exec(each)?.[1] ?? Number.NaN))
  return number === undefined || other === undefined || Number.isNaN(number) || Number.isNaN(other)
    ? name !== after
    : number > other
}
