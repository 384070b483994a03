import type { Decision, Finding, PolicyRequest } from 'modelspine/adapter'
import { withDigest } from '../shared/policy/policy-answer.ts'
import type { CedarAnswer } from './cedar-module.ts'

/** The rule of a finding that no policy gave. */
const noPermit = 'no-permit'

export interface CedarWords {
  /** The engine's name. */
  readonly name: string
  readonly revision: string
}

/**
 * One forbid that is not advisory denies. Otherwise one policy that could not be evaluated is an error: Cedar skips
 * it, and it may be the one that forbids. Otherwise Cedar's own rule holds: what nothing permits is denied.
 */
export function decisionOf(
  request: PolicyRequest,
  answer: CedarAnswer,
  { name, revision }: CedarWords,
): Decision {
  const forbidden = answer.forbids.map(
    ({ id, level, message }): Finding => ({ policy: name, rule: id, level, message }),
  )
  const denied = forbidden.some(({ level }) => level !== 'advisory')
  const failed = answer.failed.map(
    ({ policy, message }): Finding => ({
      policy: name,
      rule: policy.id,
      // Beside a soft finding an error must not be overridden. Alone it is the core's to judge.
      level: denied ? 'hard' : 'advisory',
      message: `${policy.id} could not be evaluated: ${message}`.slice(0, longestFault),
    }),
  )
  const missing = answer.nothingPermits && failed.length === 0 ? [unpermitted(request, name)] : []
  return withDigest(request, {
    verdict: verdictOf(denied, failed.length > 0, missing.length > 0),
    findings: [...forbidden, ...failed, ...missing],
    policyRevision: revision,
  })
}

/** Cedar repeats parts of the request. */
const longestFault = 300

function verdictOf(denied: boolean, failed: boolean, missing: boolean): Decision['verdict'] {
  if (denied) return 'deny'
  if (failed) return 'error'
  return missing ? 'deny' : 'allow'
}

function unpermitted({ action, actor }: PolicyRequest, policy: string): Finding {
  return { policy, rule: noPermit, level: 'hard', message: `no policy permits ${actor.name} to ${action}` }
}
