import type { Obligation } from './contract.ts'

/** The answer of one rule to one request. */
export type Ruling =
  | { readonly kind: 'allow'; readonly obligations: readonly Obligation[] }
  | { readonly kind: 'deny'; readonly message: string }
  | { readonly kind: 'not-applicable' }

/** The rule is kept, on condition that the obligations are met. */
export function allow(...obligations: readonly Obligation[]): Ruling {
  return { kind: 'allow', obligations }
}

/** The rule is broken. Its level decides the effect. The message tells people why, and what would help. */
export function deny(message: string): Ruling {
  return { kind: 'deny', message }
}

/** The rule does not apply to this request. */
export function notApplicable(): Ruling {
  return { kind: 'not-applicable' }
}

export interface ApprovalOptions {
  /** Actors or roles, one of which must approve. Default: any actor. */
  readonly by?: readonly string[]
  /** Four eyes: the approval of the author of this generation does not count. Default false. */
  readonly notAuthor?: boolean
}

/** For `promote`: the revision waits until an actor approves it. */
export function requireApproval(options: ApprovalOptions = {}): Obligation {
  return { kind: 'approval', ...options }
}

/** For `invoke`: the request may ask for at most this number of output tokens. */
export function capTokens(maxOutputTokens: number): Obligation {
  if (Number.isSafeInteger(maxOutputTokens) && maxOutputTokens > 0)
    return { kind: 'cap-tokens', maxOutputTokens }
  throw new TypeError(`maxOutputTokens is ${maxOutputTokens}: give a whole number above 0`)
}
