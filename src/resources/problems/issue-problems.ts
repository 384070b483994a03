import type { z } from 'zod'
import { type FieldPath, formatPath, valueAt } from './field-path.ts'
import { knownFields } from './known-fields.ts'
import { nearestName } from './nearest-name.ts'
import { printValue } from './print-value.ts'
import type { Problem } from './problem.ts'
import { likeliestBranch, unknownToAll } from './union-branch.ts'

/** A problem and its path in the value. The reader of the text knows the line. */
export interface PathProblem {
  readonly path: FieldPath
  readonly problem: Problem
}

interface Reading {
  readonly schema: z.core.$ZodType
  readonly input: unknown
}

/**
 * Turns zod's issues into problems in our own words. The error texts of the schemas say what would be right
 * at a field. Issues without such a text (parse with `error: () => ''`) are worded by their code.
 */
export function issueProblems(
  issues: readonly z.core.$ZodIssue[],
  reading: Reading,
  base: FieldPath = [],
): readonly PathProblem[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path.filter((step) => typeof step !== 'symbol')]
    if (issue.code === 'invalid_union') return unionProblems(issue, reading, path)
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(key, reading, path))
    if (issue.code === 'invalid_key') {
      const written = JSON.stringify(path.at(-1))
      const fault = `${formatPath(path)}: ${written} cannot be a name here`
      return [problemOf(path, written, fault, wanted(issue.issues[0]))]
    }
    return [plainProblem(issue, reading, path)]
  })
}

function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  reading: Reading,
  path: FieldPath,
): readonly PathProblem[] {
  const branch = likeliestBranch(issue.errors, valueAt(reading.input, path))
  if (branch !== undefined) return issueProblems(branch, reading, path)
  const strangers = unknownToAll(issue.errors)
  return strangers.length > 0
    ? strangers.map((key) => unknownField(key, reading, path))
    : [plainProblem(issue, reading, path)]
}

function unknownField(key: string, { schema, input }: Reading, parent: FieldPath): PathProblem {
  const path = [...parent, key]
  const known = knownFields(schema, parent)
  const near = nearestName(key, known)
  const others = Object.keys(Object(valueAt(input, parent))).filter(
    (other) => other !== key && known.includes(other),
  )
  const remedy = known.includes(key)
    ? `It does not go with ${others.join(' and ')}: remove one, or write two entries.`
    : near !== undefined
      ? `Did you mean "${near}"?`
      : `Known here: ${known.join(', ')}.`
  const value = printValue(valueAt(input, path), path)
  return problemOf(path, value, `${formatPath(path)} is ${value}, but there is no such field`, remedy)
}

function plainProblem(issue: z.core.$ZodIssue, { input }: Reading, path: FieldPath): PathProblem {
  const field = formatPath(path) || 'the resource'
  const found = valueAt(input, path)
  const value = printValue(found, path)
  const state = found === undefined ? `${field} is missing` : `${field} is ${value}`
  if (issue.code !== 'custom' || issue.params === undefined)
    return problemOf(path, value, state, wanted(issue, found))
  const { fault, remedy } = issue.params
  return problemOf(
    path,
    value,
    found === undefined ? `${field} ${fault}` : `${state}, which ${fault}`,
    String(remedy),
  )
}

function wanted(issue: z.core.$ZodIssue | undefined, found?: unknown): string {
  // A choice of words that allows other words, too.
  if (issue?.code === 'invalid_union' && typeof found === 'string') {
    const words = issue.errors.flat().flatMap((each) => (each.code === 'invalid_value' ? each.values : []))
    const near = nearestName(found, words.map(String))
    if (near !== undefined) return `Did you mean "${near}"?`
  }
  if (issue?.code === 'invalid_value') {
    const values = issue.values.map(String)
    const near = typeof found === 'string' ? nearestName(found, values) : undefined
    return near === undefined ? `Write ${values.join(' or ')}.` : `Did you mean "${near}"?`
  }
  return `Write ${issue?.message || 'something else'}.`
}

function problemOf(path: FieldPath, value: string, fault: string, remedy: string): PathProblem {
  return { path, problem: { field: formatPath(path), value, message: `${fault}. ${remedy}`, remedy } }
}
