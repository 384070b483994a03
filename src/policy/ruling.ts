import type { Obligation } from './contract.ts'

/** What one rule says of one request. */
export type Ruling =
  | { readonly kind: 'allow'; readonly obligations: readonly Obligation[] }
  | { readonly kind: 'deny'; readonly message: string }
  | { readonly kind: 'not-applicable' }

/** The rule is kept, if what is asked for is done. */
export function allow(...obligations: readonly Obligation[]): Ruling {
  return { kind: 'allow', obligations }
}

/** The rule is broken; what that means is its level's matter. The message tells people why, and what would help. */
export function deny(message: string): Ruling {
  return { kind: 'deny', message }
}

/** The rule has nothing to say here. */
export function notApplicable(): Ruling {
  return { kind: 'not-applicable' }
}

export interface ApprovalOptions {
  /** Actors or roles, one of which must approve; anybody when left out. */
  readonly by?: readonly string[]
  /** Four eyes: the approval of whoever wrote this generation does not count. Default false. */
  readonly notAuthor?: boolean
}

/** For `promote`: the revision waits until somebody approves it. */
export function requireApproval(options: ApprovalOptions = {}): Obligation {
  return { kind: 'approval', ...options }
}

/** For `invoke`: no more output tokens than this. */
export function capTokens(maxOutputTokens: number): Obligation {
  if (Number.isSafeInteger(maxOutputTokens) && maxOutputTokens > 0)
    return { kind: 'cap-tokens', maxOutputTokens }
  throw new TypeError(`capTokens(${maxOutputTokens}): give a whole number above 0`)
}
