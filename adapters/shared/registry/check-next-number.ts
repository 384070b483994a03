import { nextVersionNumber } from 'modelspine/adapter'
import { wrongOption } from '../wrong-option.ts'

/**
 * For a vendor that numbers versions by itself: a version that is not there may be named only by the number that comes
 * next. `known` has the newest ones. Throws `invalid-options`.
 */
export function checkNextNumber(vendor: string, version: string, known: Iterable<string>): void {
  const next = nextVersionNumber(known)
  if (version === next) return
  throw wrongOption(
    'version',
    `is "${version}", but ${vendor} numbers versions and would give ${next}: leave it out`,
  )
}
