import type { Decision } from './contract.ts'

/** An engine that could not answer, as a decision. */
export function errorDecision(engine: string, message: string): Decision {
  return {
    verdict: 'error',
    findings: [{ policy: engine, rule: 'error', level: 'hard', message }],
    obligations: [],
    policyRevision: '',
    inputDigest: '',
  }
}
