import { canonicalJson } from '../json.ts'
import type { Decision, Finding, Obligation } from './contract.ts'

/** The answer of one engine. */
export interface PolicyAnswer {
  /** The engine's name. */
  readonly engine: string
  readonly decision: Decision
}

/**
 * Combines all answers into one decision:
 * - One deny is a deny, whatever the other engines say. A soft or hard finding is a deny, even with an allow.
 *   A deny without such a finding gets a hard one, so that an approval cannot override a reason that was
 *   never given.
 * - Otherwise one error is an error. The caller decides which actions an error refuses. Where it has no hard
 *   finding, its findings count as hard, so that an approval which overrides another engine does not override it.
 * - Otherwise one allow is an allow.
 * - Otherwise every answer is `not-applicable`, and the result is `uncovered`: a deny, and an allow for what
 *   must not be stopped because nobody thought of it.
 * - Without any answer the result is an allow, because no engine polices the action.
 *
 * The result has the findings and obligations of all engines. Of several token caps the lowest stays.
 * Revisions, digests and ids are joined.
 */
export function combineDecisions(
  answers: readonly PolicyAnswer[],
  uncovered: 'deny' | 'allow' = 'deny',
): Decision {
  const [only] = answers
  if (only === undefined) return unpoliced
  if (answers.length === 1 && isPlainAllow(only.decision)) return only.decision
  const decisions = answers.map(sound)
  const verdict = verdictOf(decisions)
  const findings = decisions.flatMap((decision) => decision.findings)
  const decisionId = joinedIds(answers)
  return {
    verdict: verdict === 'not-applicable' ? uncovered : verdict,
    findings:
      verdict === 'not-applicable' && uncovered === 'deny' ? [...findings, notCovered(answers)] : findings,
    obligations: united(decisions.flatMap(({ obligations }) => obligations)),
    policyRevision:
      answers.length === 1
        ? only.decision.policyRevision
        : answers.map(({ engine, decision }) => `${engine}@${decision.policyRevision}`).join(' '),
    ...(decisionId !== '' && { decisionId }),
    // A digest costs more than the decision, and few callers read it.
    get inputDigest() {
      const digests = new Set(decisions.map(({ inputDigest }) => inputDigest))
      digests.delete('')
      return [...digests].join(' ')
    },
  }
}

function joinedIds(answers: readonly PolicyAnswer[]): string {
  const ids = answers.flatMap(({ engine, decision: { decisionId } }) =>
    decisionId === undefined ? [] : { engine, decisionId },
  )
  const alone = answers.length === 1
  return ids.map(({ engine, decisionId }) => (alone ? decisionId : `${engine}@${decisionId}`)).join(' ')
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

/** The answer, with a verdict and findings that agree. */
function sound({ engine, decision }: PolicyAnswer): Decision {
  const refused = decision.findings.some(denies)
  if (decision.verdict === 'deny' && !refused) {
    const message = `${engine} denies without a reason`
    const reason: Finding = { policy: engine, rule: 'no-reason', level: 'hard', message }
    return changed(decision, { findings: [...decision.findings, reason] })
  }
  if (decision.verdict === 'error' && !decision.findings.some(({ level }) => level === 'hard')) {
    return changed(decision, { findings: hardened(engine, decision.findings) })
  }
  return refused && decision.verdict !== 'deny' && decision.verdict !== 'error'
    ? changed(decision, { verdict: 'deny' })
    : decision
}

function hardened(engine: string, findings: readonly Finding[]): readonly Finding[] {
  if (findings.length > 0) return findings.map((finding) => ({ ...finding, level: 'hard' }))
  return [{ policy: engine, rule: 'error', level: 'hard', message: `${engine} gives no decision` }]
}

/** The decision with another verdict or other findings. Its digest is not computed for that. */
function changed(decision: Decision, change: Partial<Pick<Decision, 'verdict' | 'findings'>>): Decision {
  const { verdict, findings, obligations, policyRevision } = decision
  return {
    verdict,
    findings,
    obligations,
    policyRevision,
    ...change,
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
  const message = `no policy of ${engines} covers this request, and a request that no policy allows is denied`
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
