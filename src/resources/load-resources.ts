import { checkResource } from './check-resource.ts'
import { valueAt } from './field-path.ts'
import { keyOf } from './metadata.ts'
import { printValue } from './print-value.ts'
import { formatPlace, invalidResource, type Place, type Problem } from './problem.ts'
import { readDocuments } from './read-documents.ts'
import type { Resource } from './resource.ts'
import { readFiles } from './resource-files.ts'
import { fieldsOf } from './schema-checks.ts'

export interface ParseOptions {
  /** What the text is called in problems. A name that ends in `.json` must hold JSON. */
  readonly file?: string
}

/**
 * Resources out of YAML or JSON files and folders of them, in the order of the paths, files sorted by name. `kind` is
 * required in each document, `apiVersion` only checked where it is written. Throws `invalid-resource` with every
 * problem of all files at once; then nothing of them is returned.
 */
export async function loadResources(paths: string | readonly string[]): Promise<readonly Resource[]> {
  const { files, problems } = await readFiles(typeof paths === 'string' ? [paths] : paths)
  return gather(files, problems)
}

/** The same for a text of one or more documents. */
export function parseResources(text: string, options: ParseOptions = {}): Promise<readonly Resource[]> {
  return gather([{ ...options, text }], [])
}

interface Source extends ParseOptions {
  readonly text: string
}

async function gather(sources: readonly Source[], unread: readonly Problem[]): Promise<readonly Resource[]> {
  const resources: Resource[] = []
  const problems: Problem[] = [...unread]
  const declared = new Map<string, Place>()
  for (const { text, ...options } of sources) {
    const reading = await readDocuments(text, options.file?.endsWith('.json') ?? false)
    const found: Problem[] = reading.problems.map((problem) => ({ ...options, ...problem }))
    for (const { value, locate } of reading.documents) {
      const checked = checkResource(value)
      if (checked.ok) resources.push(checked.resource)
      else {
        for (const { path, problem } of checked.problems)
          found.push({ ...options, ...locate(path), ...problem })
      }
      const identity = identityOf(value)
      if (identity === undefined) continue
      const here = { ...options, ...locate(['metadata', 'name']) }
      const first = declared.get(identity)
      if (first === undefined) declared.set(identity, here)
      else found.push(duplicate(identity, value, here, first))
    }
    problems.push(...found.sort((left, right) => (left.line ?? 0) - (right.line ?? 0)))
  }
  if (problems.length > 0) throw invalidResource(problems)
  return resources
}

/** Known of a resource with other problems, too. */
function identityOf(value: unknown): string | undefined {
  const { kind, metadata } = fieldsOf(value)
  const { name, namespace = 'default' } = fieldsOf(metadata)
  if (typeof kind !== 'string' || typeof name !== 'string' || typeof namespace !== 'string') return undefined
  return `${kind} ${keyOf({ name, namespace })}`
}

function duplicate(identity: string, value: unknown, here: Place, first: Place): Problem {
  const name = printValue(valueAt(value, ['metadata', 'name']), [])
  const remedy = 'Remove one of them, or give it another name or namespace.'
  const fault = `metadata.name is ${name}, but ${identity} was declared already at ${formatPlace(first)}`
  return { ...here, field: 'metadata.name', value: name, message: `${fault}. ${remedy}`, remedy }
}
