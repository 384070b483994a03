/** A mistake that somebody could make, and the tests that would notice. */
export interface Mutant {
  /** The number of the law that it breaks, 1 to 12. */
  readonly law: number
  /** What it does, for the table. */
  readonly what: string
  readonly file: string
  /** Stands once in the file. */
  readonly find: string
  readonly replace: string
  /** Test files of which at least one must fail. */
  readonly tests: readonly string[]
}
