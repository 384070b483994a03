import type { z } from 'zod'
import { fieldsOf } from '../schema-checks.ts'

type Issues = readonly z.core.$ZodIssue[]

/**
 * The branch that the writer most likely meant, when the value fits no branch: the one with the fewest
 * missing or unknown fields at its own level. Undefined when several are equally near, or when no branch has
 * the value's type.
 */
export function likeliestBranch(errors: readonly Issues[], value: unknown): Issues | undefined {
  const [first, second] = ofItsType(errors)
    .map((issues) => ({ issues, strangeness: strangeness(issues, value) }))
    .sort((left, right) => left.strangeness - right.strangeness)
  return first !== undefined && first.strangeness !== second?.strangeness ? first.issues : undefined
}

/** The field names that no branch knows. */
export function unknownToAll(errors: readonly Issues[]): readonly string[] {
  const [first = [], ...others] = ofItsType(errors).map((issues) => issues.flatMap(unknownKeys))
  return first.filter((key) => others.every((keys) => keys.includes(key)))
}

function ofItsType(errors: readonly Issues[]): readonly Issues[] {
  return errors.filter(
    (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  )
}

function strangeness(issues: Issues, value: unknown): number {
  const fields = fieldsOf(value)
  const missing = new Set(
    issues.flatMap(({ path: [key, ...rest] }) => (rest.length === 0 && key !== undefined ? [key] : [])),
  )
  let count = issues.flatMap(unknownKeys).length
  for (const key of missing) if (!Object.hasOwn(fields, key)) count += 1
  return count
}

function unknownKeys(issue: z.core.$ZodIssue): readonly string[] {
  return issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : []
}
