import type { Actor } from '../resources/metadata.ts'
import type { Decision, Finding, Obligation } from './contract.ts'
import { obligationName } from './obligation-name.ts'

/** A named actor who approved a revision. */
export interface GivenApproval {
  readonly actor: Actor
  /** Whether the approval also overrides soft findings. */
  readonly overrideSoft: boolean
}

export interface PermitVerdict {
  readonly verdict: 'allow' | 'deny' | 'approval-required' | 'error'
  /**
   * For people: the reason, and what would help. For an allow: advisory findings and overridden findings; it
   * may be empty.
   */
  readonly message: string
}

type ApprovalObligation = Extract<Obligation, { readonly kind: 'approval' }>

/**
 * The result of a combined decision on `promote`, given the approvals of that revision. Hard findings deny.
 * Obligations that a promotion cannot meet deny. Soft findings deny unless an approval overrides them. When a
 * required approval is missing, the revision waits.
 */
export function permitVerdict(
  decision: Decision,
  given: { readonly approvals: readonly GivenApproval[]; readonly author: Actor },
): PermitVerdict {
  const { verdict, findings, obligations } = decision
  if (verdict === 'error')
    return { verdict, message: told(findings, 'hard') || 'a policy could not be evaluated' }
  const hard = told(findings, 'hard')
  if (hard !== '') return { verdict: 'deny', message: hard }
  const soft = told(findings, 'soft')
  if (verdict !== 'allow' && soft === '') return { verdict: 'deny', message: 'no policy allows it' }

  const unmeetable = obligations.filter((each) => each.kind !== 'approval').map(obligationName)
  if (unmeetable.length > 0) {
    const message = `allowed only with ${unmeetable.join(' and ')}, which is not possible for a promotion`
    return { verdict: 'deny', message }
  }
  const overrider = given.approvals.find(({ overrideSoft }) => overrideSoft)
  if (soft !== '' && overrider === undefined) {
    return { verdict: 'deny', message: `${soft} (an approval with overrideSoft lets it pass)` }
  }
  const missing = obligations
    .filter(isApproval)
    .filter((each) => !given.approvals.some(meets(each, given.author)))
  if (missing.length > 0) {
    const message = missing.map((each) => wanted(each, given.author)).join(' and ')
    return { verdict: 'approval-required', message }
  }
  const notes = [told(findings, 'advisory'), soft && `${soft} (overridden by ${overrider?.actor.name})`]
  return { verdict: 'allow', message: notes.filter((note) => note !== '').join('; ') }
}

function told(findings: readonly Finding[], level: Finding['level']): string {
  return findings
    .filter((finding) => finding.level === level)
    .map(({ policy, rule, message }) => message || `${policy}/${rule}`)
    .join('; ')
}

function isApproval(obligation: Obligation): obligation is ApprovalObligation {
  return obligation.kind === 'approval'
}

function meets({ by, notAuthor }: ApprovalObligation, author: Actor): (approval: GivenApproval) => boolean {
  return ({ actor }) =>
    (by === undefined || by.some((wanted) => wanted === actor.name || actor.roles?.includes(wanted))) &&
    !(notAuthor === true && actor.name === author.name)
}

function wanted({ by, notAuthor }: ApprovalObligation, author: Actor): string {
  const who = by === undefined ? 'somebody' : by.join(' or ')
  return `needs the approval of ${who}${notAuthor === true ? `, but not of ${author.name}, who asked for it` : ''}`
}
