/** A mistake in the source, and the tests that must notice the mistake. */
export interface Mutant {
  /**
   * The number of the law that it breaks, 1 to 12; or the promise of docs/failure-model.md that it breaks, such
   * as `T8`.
   */
  readonly law: number | string
  /** The effect of the mistake, for the table. */
  readonly what: string
  readonly file: string
  /** The text to replace. It must stand exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** Test files of which at least one must fail. */
  readonly tests: readonly string[]
}
