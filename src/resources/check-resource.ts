import type { z } from 'zod'
import { modelDeploymentSchema } from './deployment/model-deployment-schema.ts'
import { issueProblems, type PathProblem } from './problems/issue-problems.ts'
import { nearestName } from './problems/nearest-name.ts'
import { printValue } from './problems/print-value.ts'
import { type Resource, resourceKinds } from './resource.ts'
import { modelRouteSchema } from './route/model-route-schema.ts'

export type Checked<R> =
  | { readonly ok: true; readonly resource: R }
  | { readonly ok: false; readonly problems: readonly PathProblem[] }

/** Checks a value against one schema and finds every problem. */
export function checkAgainst<R>(schema: z.ZodType<R>, value: unknown): Checked<R> {
  const result = schema.safeParse(value, { error: () => '' })
  if (result.success) return { ok: true, resource: result.data }
  return { ok: false, problems: issueProblems(result.error.issues, { schema, input: value }) }
}

/** Checks a value against the schema of the kind that the value names. */
export function checkResource(value: unknown): Checked<Resource> {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined
  if (kind === 'ModelDeployment') return checkAgainst(modelDeploymentSchema(), value)
  if (kind === 'ModelRoute') return checkAgainst(modelRouteSchema(), value)
  return { ok: false, problems: [wrongKind(value, kind)] }
}

function wrongKind(value: unknown, kind: unknown): PathProblem {
  const choice = `Write ${resourceKinds.join(' or ')}.`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = printValue(value, [])
    const remedy = 'Write { kind, metadata, spec }; several resources go into documents of their own.'
    return {
      path: [],
      problem: { field: '', value: found, message: `the document is ${found}. ${remedy}`, remedy },
    }
  }
  const found = printValue(kind, ['kind'])
  const near = typeof kind === 'string' ? nearestName(kind, resourceKinds) : undefined
  const remedy = near === undefined ? choice : `Did you mean "${near}"?`
  const fault = kind === undefined ? 'kind is missing' : `kind is ${found}, which is not a known kind`
  return { path: ['kind'], problem: { field: 'kind', value: found, message: `${fault}. ${remedy}`, remedy } }
}
