import type { Decision, Finding, Obligation } from 'modelspine/adapter'
import { z } from 'zod'

/** The document that a policy decides with: a verdict, and what belongs to it. */
export interface OpaResult {
  readonly verdict: Decision['verdict']
  readonly findings: readonly OpaFinding[]
  readonly obligations: readonly Obligation[]
  /** Names the policy's text where it was not loaded as a bundle with a revision. */
  readonly revision?: string
}

/** A finding without a policy is one of the engine's own. */
export interface OpaFinding extends Omit<Finding, 'policy'> {
  readonly policy?: string
}

export type ReadResult =
  | { readonly kind: 'result'; readonly result: OpaResult }
  | { readonly kind: 'fault'; readonly message: string }

/**
 * Reads a document strictly. A member that we do not know may be a misspelt obligation, and to drop it would allow
 * too much. So whatever is not exactly a result is a fault. The message names the member and never its value.
 */
export function readResult(document: unknown): ReadResult {
  const read = resultSchema().safeParse(document)
  if (read.success) return { kind: 'result', result: read.data }
  const [issue] = read.error.issues
  const member = issue?.path.map(String).join('.') || 'the document'
  return { kind: 'fault', message: `${member}: ${issue?.message}`.slice(0, longestFault) }
}

/** The names of unknown members are in it, however many a document has. */
const longestFault = 300

let built: z.ZodType<OpaResult> | undefined

function resultSchema(): z.ZodType<OpaResult> {
  built ??= z.strictObject({
    verdict: z.enum(['allow', 'deny', 'not-applicable', 'error']),
    findings: z.array(finding()).default([]),
    obligations: z.array(obligation()).default([]),
    revision: name().exactOptional(),
  })
  return built
}

function finding(): z.ZodType<OpaFinding> {
  return z.strictObject({
    policy: name().exactOptional(),
    rule: name(),
    level: z.enum(['advisory', 'soft', 'hard']),
    message: name(),
  })
}

function obligation(): z.ZodType<Obligation> {
  const names = z.array(name()).min(1)
  return z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('approval'),
      by: names.exactOptional(),
      notAuthor: z.boolean().exactOptional(),
    }),
    z.strictObject({ kind: z.literal('cap-tokens'), maxOutputTokens: z.int().positive() }),
    z.strictObject({ kind: z.literal('guardrail'), name: name() }),
    z.strictObject({ kind: z.literal('redact'), entities: names }),
  ])
}

function name(): z.ZodType<string> {
  return z.string().min(1)
}
