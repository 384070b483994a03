import { readFile } from 'node:fs/promises'
import { ModelspineError } from 'modelspine/adapter'
import { type Document, parseDocument } from 'yaml'
import type { z } from 'zod'
import { writeAtomically } from '../write-atomically.ts'

/** A YAML or JSON file that a person may have written: its content, and a way to change parts of it. */
export interface DataFile<T> {
  readonly value: T
  /** The content of the file, before any default. */
  readonly raw: unknown
  /** Sets members by their path; `undefined` removes a member. Comments and the order of the rest stay. */
  edit(changes: readonly (readonly [path: readonly string[], value: unknown])[], token: string): Promise<void>
}

/**
 * Throws `registry-unavailable`, which names file, field and remedy. A missing file throws the system's
 * `ENOENT`.
 */
export async function readDataFile<T>(path: string, schema: z.ZodType<T>): Promise<DataFile<T>> {
  const source = await readFile(path, 'utf8')
  const document = parseDocument(source, { prettyErrors: true })
  const [syntax] = document.errors
  if (syntax !== undefined)
    throw malformed(path, undefined, syntax.message.split('\n')[0] ?? 'cannot be read')
  const raw: unknown = document.toJS() ?? {}
  const parsed = schema.safeParse(raw)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw malformed(path, issue?.path.join('.'), issue?.message ?? 'is malformed')
  }
  return {
    value: parsed.data,
    raw,
    async edit(changes, token) {
      for (const [member, value] of changes) set(document, member, value)
      const content = path.endsWith('.json')
        ? `${JSON.stringify(document.toJS(), null, 2)}\n`
        : document.toString({ lineWidth: 0 })
      await writeAtomically(path, content, token)
    },
  }
}

function set(document: Document, member: readonly string[], value: unknown): void {
  if (value === undefined) document.deleteIn(member)
  else document.setIn(member, value)
}

function malformed(path: string, field: string | undefined, message: string): ModelspineError {
  const where = field === undefined || field === '' ? path : `${path}: ${field}`
  return new ModelspineError('registry-unavailable', `${where}: ${message}; correct the file`, {
    details: { file: path, ...(field === undefined ? {} : { field }) },
  })
}
