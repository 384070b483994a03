import { isModelspineError, ModelspineError } from '../../errors.ts'

/** One fault of a resource, and what would be right. */
export interface Problem {
  /** The file, or the name that the caller gave to the text. */
  readonly file?: string
  /** Counted from 1. For a missing field, the line of the value that should hold it. */
  readonly line?: number
  /** Counted from 1. */
  readonly column?: number
  /** A path such as `spec.strategy.canary.steps[1].weight`; empty for the document itself. */
  readonly field: string
  /**
   * The value at the field, as it is printed. Scalars are shown as JSON, cut at 80 characters; objects by
   * their field names; a missing field as `nothing`. A value that may be a secret reads `[secret]`.
   */
  readonly value: string
  /** A sentence or two for people: the field, the value and what would be right. */
  readonly message: string
  /** The text that says what to write instead. */
  readonly remedy: string
}

/** An `invalid-resource` error with every problem, one a line in its message and as `details.problems`. */
export function invalidResource(problems: readonly Problem[]): ModelspineError {
  const head = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const lines = problems.map((problem) => `  ${formatProblem(problem)}`)
  return new ModelspineError('invalid-resource', `${head} in the declared resources:\n${lines.join('\n')}`, {
    details: { problems },
  })
}

/** `file:line:column: message`, the form that editors and terminals make clickable. */
export function formatProblem(problem: Problem): string {
  const place = formatPlace(problem)
  return place === '' ? problem.message : `${place}: ${problem.message}`
}

export type Place = Pick<Problem, 'file' | 'line' | 'column'>

/** The known parts of `file:line:column`; without a file, `line 3`. */
export function formatPlace({ file, line, column }: Place): string {
  if (file === undefined) return line === undefined ? '' : `line ${line}`
  return [file, line, column].filter((part) => part !== undefined).join(':')
}

/** The problems an `invalid-resource` error carries; none for any other error. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (!isModelspineError(error, 'invalid-resource')) return []
  const { problems } = error.details
  return Array.isArray(problems) ? (problems as readonly Problem[]) : []
}
