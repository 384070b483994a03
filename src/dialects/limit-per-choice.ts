import { ModelspineError } from '../errors.ts'

/**
 * The limit of each choice when all choices together may have `cap` output tokens. Throws `policy-denied` when
 * that is less than one token.
 */
export function limitPerChoice(cap: number, choices: number, asked: number | undefined): number {
  // With fewer than one choice, the limit of each would be higher than the cap.
  const limit = Math.min(asked ?? cap, Math.floor(cap / Math.max(1, choices)))
  if (limit >= 1) return limit
  throw new ModelspineError(
    'policy-denied',
    `the policy allows ${cap} output tokens, which is too few for ${choices} choices`,
  )
}
