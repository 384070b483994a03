import type { Decision, PolicyRequest } from 'modelspine/adapter'
import { fault, withDigest } from '../shared/policy/policy-answer.ts'
import { readResult } from './opa-result.ts'

/** What a policy answered, before it is read. */
export interface OpaAnswer {
  /** Undefined where no rule of the policy gives the document. */
  readonly document: unknown
  /** The revision of the bundle that decided. Absent where there is none. */
  readonly bundle?: string
  readonly decisionId?: string
}

export interface DecisionWords {
  /** The engine's name, for findings that name no policy. */
  readonly name: string
  /** The document that was asked for. */
  readonly path: string
  readonly undefinedResult: 'error' | 'not-applicable'
}

/** Stands where neither a bundle nor the policy itself says which text decided. */
const unknownRevision = 'unknown'

export function decisionOf(
  request: PolicyRequest,
  { document, bundle, decisionId }: OpaAnswer,
  words: DecisionWords,
): Decision {
  const { name, path, undefinedResult } = words
  const traced = (decision: Partial<Decision>, revision?: string): Decision =>
    withDigest(request, {
      ...decision,
      policyRevision: bundle ?? revision ?? unknownRevision,
      ...(decisionId !== undefined && { decisionId }),
    })
  if (document === undefined) {
    const message = `the document ${path} is undefined: no rule gives it, or the path is misspelt`
    return traced(undefinedResult === 'error' ? fault(name, message) : { verdict: undefinedResult })
  }
  const read = readResult(document)
  if (read.kind === 'fault')
    return traced(fault(name, `the document ${path} is no decision: ${read.message}`))
  const { verdict, findings, obligations, revision } = read.result
  return traced(
    { verdict, findings: findings.map((each) => ({ policy: name, ...each })), obligations },
    revision,
  )
}
