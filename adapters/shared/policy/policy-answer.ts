import { canonicalJson, type Decision, type PolicyRequest, sha256 } from 'modelspine/adapter'

/** The decision on a request that could not be evaluated. What it means for an action is the core's to say. */
export function undecided(request: PolicyRequest, name: string, message: string): Decision {
  return withDigest(request, fault(name, message))
}

/** The decision on an action that the engine does not declare. */
export function undeclared(request: PolicyRequest): Decision {
  return withDigest(request, { verdict: 'not-applicable' })
}

export function fault(name: string, message: string): Pick<Decision, 'verdict' | 'findings'> {
  return { verdict: 'error', findings: [{ policy: name, rule: 'error', level: 'advisory', message }] }
}

/** A digest costs more than a decision in process, and few callers read it. */
export function withDigest(request: PolicyRequest, decision: Partial<Decision>): Decision {
  let digest: string | undefined
  return {
    verdict: 'error',
    findings: [],
    obligations: [],
    policyRevision: '',
    ...decision,
    get inputDigest() {
      digest ??= sha256(canonicalJson(request))
      return digest
    },
  }
}
