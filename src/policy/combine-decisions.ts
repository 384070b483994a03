import { canonicalJson } from '../json.ts'
import type { Decision, Finding, Obligation } from './contract.ts'

/** What one engine said. */
export interface PolicyAnswer {
  /** The engine's name. */
  readonly engine: string
  readonly decision: Decision
}

/**
 * All answers as one decision:
 * - one deny is a deny, whatever the others say. A soft or hard finding is a deny, also when it comes with an allow;
 *   a deny without one gets a hard finding, so that nobody can override what was not said.
 * - otherwise one error is an error. What an error closes is the caller's matter.
 * - otherwise one allow is an allow.
 * - otherwise, so nothing but `not-applicable`, a deny. Without any answer an allow: nothing polices this.
 *
 * Findings and obligations are united, of several token caps the lowest stays, and revisions and digests are joined.
 */
export function combineDecisions(answers: readonly PolicyAnswer[]): Decision {
  const [only] = answers
  if (only === undefined) return unpoliced
  if (answers.length === 1 && isPlainAllow(only.decision)) return only.decision
  const decisions = answers.map(sound)
  const verdict = verdictOf(decisions)
  const findings = decisions.flatMap((decision) => decision.findings)
  return {
    verdict: verdict === 'not-applicable' ? 'deny' : verdict,
    findings: verdict === 'not-applicable' ? [...findings, notCovered(answers)] : findings,
    obligations: united(decisions.flatMap(({ obligations }) => obligations)),
    policyRevision:
      answers.length === 1
        ? only.decision.policyRevision
        : answers.map(({ engine, decision }) => `${engine}@${decision.policyRevision}`).join(' '),
    // Computing a digest costs more than deciding, and few ask for it.
    get inputDigest() {
      return [...new Set(decisions.map(({ inputDigest }) => inputDigest))].join(' ')
    },
  }
}

const unpoliced: Decision = Object.freeze({
  verdict: 'allow',
  findings: Object.freeze([]),
  obligations: Object.freeze([]),
  policyRevision: '',
  inputDigest: '',
})

function isPlainAllow({ verdict, findings }: Decision): boolean {
  return verdict === 'allow' && !findings.some(denies)
}

function denies({ level }: Finding): boolean {
  return level !== 'advisory'
}

/** The answer with verdict and findings in agreement. */
function sound({ engine, decision }: PolicyAnswer): Decision {
  const refused = decision.findings.some(denies)
  if (decision.verdict === 'deny' && !refused) {
    const message = `${engine} denies without a reason`
    return withFinding(decision, { policy: engine, rule: 'no-reason', level: 'hard', message })
  }
  return refused && decision.verdict !== 'deny' && decision.verdict !== 'error'
    ? { ...decision, verdict: 'deny' }
    : decision
}

function withFinding(decision: Decision, finding: Finding): Decision {
  const { verdict, findings, obligations, policyRevision } = decision
  return {
    verdict,
    findings: [...findings, finding],
    obligations,
    policyRevision,
    get inputDigest() {
      return decision.inputDigest
    },
  }
}

const order = ['deny', 'error', 'allow', 'not-applicable'] as const

function verdictOf(decisions: readonly Decision[]): Decision['verdict'] {
  return order.find((verdict) => decisions.some((each) => each.verdict === verdict)) ?? 'not-applicable'
}

function notCovered(answers: readonly PolicyAnswer[]): Finding {
  const engines = answers.map(({ engine }) => engine).join(', ')
  const message = `no policy of ${engines} says anything about this, and what is not allowed is denied`
  return { policy: engines, rule: 'not-covered', level: 'hard', message }
}

function united(obligations: readonly Obligation[]): readonly Obligation[] {
  if (obligations.length < 2) return obligations
  const kept = new Map<string, Obligation>()
  let cap: Extract<Obligation, { kind: 'cap-tokens' }> | undefined
  for (const obligation of obligations) {
    if (obligation.kind !== 'cap-tokens') kept.set(canonicalJson(obligation), obligation)
    else if (cap === undefined || obligation.maxOutputTokens < cap.maxOutputTokens) cap = obligation
  }
  return cap === undefined ? [...kept.values()] : [...kept.values(), cap]
}
