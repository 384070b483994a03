import { checkResource } from '../check-resource.ts'
import { keyOf } from '../metadata.ts'
import { type PlaneNames, withUnknownNames } from '../plane-names.ts'
import { valueAt } from '../problems/field-path.ts'
import { printValue } from '../problems/print-value.ts'
import { formatPlace, invalidResource, type Place, type Problem } from '../problems/problem.ts'
import type { Resource } from '../resource.ts'
import { fieldsOf } from '../schema-checks.ts'
import { readDocuments } from './read-documents.ts'

/** A text and its name. */
export interface Source {
  readonly file?: string
  readonly text: string
}

/**
 * The resources that all sources declare. Throws `invalid-resource` with every problem of all sources at
 * once.
 */
export async function gatherResources(
  sources: readonly Source[],
  unread: readonly Problem[],
  names?: PlaneNames,
): Promise<readonly Resource[]> {
  const resources: Resource[] = []
  const problems: Problem[] = [...unread]
  const declared = new Map<string, Place>()
  for (const { text, ...options } of sources) {
    const reading = await readDocuments(text, options.file?.endsWith('.json') ?? false)
    const found: Problem[] = reading.problems.map((problem) => ({ ...options, ...problem }))
    for (const { value, locate } of reading.documents) {
      const checked = checkResource(value)
      if (checked.ok) resources.push(checked.resource)
      const wrong = checked.ok ? [] : checked.problems
      for (const { path, problem } of names === undefined ? wrong : withUnknownNames(wrong, names, value)) {
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

/** The kind and key of a resource. It is known even when the resource has other problems. */
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
