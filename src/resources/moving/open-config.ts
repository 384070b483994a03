import { isRecord } from '../../json.ts'
import { readDocuments } from '../files/read-documents.ts'
import type { Position } from '../files/yaml-positions.ts'
import type { FieldPath } from '../problems/field-path.ts'
import { invalidResource, type Problem } from '../problems/problem.ts'
import { fieldsOf } from '../schema-checks.ts'

export interface OpenConfig {
  readonly config: Readonly<Record<string, unknown>>
  /** Only of a text. */
  readonly locate?: (path: FieldPath) => Position
}

/**
 * Reads a config that is a text or an object already. Throws `invalid-resource` with what is wrong with a text that
 * cannot be read, and when it is not one object.
 */
export async function openConfig(source: unknown, what: string, file?: string): Promise<OpenConfig> {
  if (typeof source !== 'string') return { config: objectOf(plain(source), what, file) }
  const named = file === undefined ? {} : { file }
  const { documents, problems } = await readDocuments(source, file?.endsWith('.json') ?? false, '1.1')
  if (problems.length > 0) throw invalidResource(problems.map((problem) => ({ ...named, ...problem })))
  const [document, ...others] = documents
  const second = others[0]
  if (second !== undefined) {
    const remedy = 'Give each to a call of its own.'
    throw invalidResource([
      {
        ...named,
        ...second.locate([]),
        ...fault('a second document', `${what} is one document. ${remedy}`, remedy),
      },
    ])
  }
  const config = objectOf(document?.value, what, file)
  return document === undefined ? { config } : { config, locate: document.locate }
}

/** Other readers of YAML make a date of `2024-02-01`, which vendors use as the name of a version. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace('T00:00:00.000Z', '')
  if (Array.isArray(value)) return value.map(plain)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]))
}

function objectOf(value: unknown, what: string, file?: string): Readonly<Record<string, unknown>> {
  const fields = fieldsOf(value)
  if (fields === value) return fields
  const remedy = 'Give an object, or its text.'
  const found =
    value === undefined || value === null ? 'nothing' : Array.isArray(value) ? 'a list' : typeof value
  const problem = fault(found, `${what} is an object, and this is ${found}. ${remedy}`, remedy)
  throw invalidResource([file === undefined ? problem : { file, ...problem }])
}

function fault(value: string, message: string, remedy: string): Problem {
  return { field: '', value, message, remedy }
}
