import type { Decision, DecisionTrace } from './contract.ts'

/** What is kept of a decision: in audit records with the digest of its input, in errors without. */
export function traceOf(decision: Decision): DecisionTrace {
  const inputDigest = digestOf(decision)
  return { ...refusalDetails(decision), ...(inputDigest !== '' && { inputDigest }) }
}

/** The details of an error that refuses something. */
export function refusalDetails({
  findings,
  policyRevision,
  decisionId,
}: Decision): Omit<DecisionTrace, 'inputDigest'> {
  return { findings, policyRevision, ...(decisionId !== undefined && { decisionId }) }
}

/** Engines may compute the digest when it is read. A registry's own record may hold what JSON cannot. */
function digestOf(decision: Decision): string {
  try {
    return decision.inputDigest
  } catch {
    return ''
  }
}
