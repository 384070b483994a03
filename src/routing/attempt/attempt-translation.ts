import type { Translation } from '../../provider/contract.ts'

/** What became of a part of a request that the upstream's format cannot say as it stands. */
export interface Approximation {
  /** The place in the request: `seed`, `messages[1].content[0].cacheMark`. */
  readonly field: string
  /** What became of it: `left out`, `1`. */
  readonly what: string
}

/** So many are listed. A long conversation has one for each of its parts. */
const mostListed = 100

/** What one attempt may do with words that its upstream's format lacks, and what it did. */
export class AttemptTranslation implements Translation {
  readonly approximations: 'allow' | 'refuse'
  /** Undefined as long as there is none. */
  listed: Approximation[] | undefined

  constructor(approximations: 'allow' | 'refuse') {
    this.approximations = approximations
  }

  approximated(field: string, what: string): void {
    this.listed ??= []
    if (this.listed.length < mostListed) this.listed.push({ field, what })
  }
}
