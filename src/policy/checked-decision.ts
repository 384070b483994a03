import type { Decision, Finding, Obligation } from './contract.ts'

const verdicts: ReadonlySet<unknown> = new Set(['allow', 'deny', 'not-applicable', 'error'])
const levels: ReadonlySet<unknown> = new Set(['advisory', 'soft', 'hard'])
const obligationKinds: ReadonlySet<unknown> = new Set(['approval', 'cap-tokens', 'guardrail', 'redact'])

/**
 * The reason why an engine's answer is not a valid decision, or undefined when it is valid. Engines may be
 * other people's code, and an answer that we misread must not allow anything.
 */
export function decisionFault(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null) return `answered ${String(answer)} instead of a decision`
  const { verdict, findings, obligations, decisionId } = answer as Decision
  if (!verdicts.has(verdict)) return `answered with the unknown verdict ${JSON.stringify(verdict)}`
  if (!Array.isArray(findings)) return 'answered without a list of findings'
  if (!Array.isArray(obligations)) return 'answered without a list of obligations'
  if (decisionId !== undefined && typeof decisionId !== 'string') return 'answered with an id that is no text'
  for (const finding of findings as readonly (Finding | null)[]) {
    if (!levels.has(finding?.level))
      return `answered with a finding of the unknown level ${JSON.stringify(finding?.level)}`
  }
  for (const obligation of obligations as readonly (Obligation | null)[]) {
    const kind = obligation?.kind
    if (!obligationKinds.has(kind)) return `asks for the unknown obligation ${JSON.stringify(kind)}`
    if (obligation?.kind === 'cap-tokens' && !(obligation.maxOutputTokens > 0)) {
      return `caps output tokens at ${String(obligation.maxOutputTokens)}, which is not above 0`
    }
  }
  return undefined
}

/** The decision for an engine that could not answer. */
export function errorDecision(engine: string, message: string): Decision {
  return {
    verdict: 'error',
    findings: [{ policy: engine, rule: 'error', level: 'hard', message }],
    obligations: [],
    policyRevision: '',
    inputDigest: '',
  }
}
