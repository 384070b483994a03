import type { Document } from 'yaml'
import type { FieldPath } from '../problems/field-path.ts'
import type { Problem } from '../problems/problem.ts'
import { jsonProblems } from './json-problems.ts'
import { lineAndColumn, type Position, positionOf } from './yaml-positions.ts'
import { syntaxProblems } from './yaml-problems.ts'

/** The most characters that one text may have. A declared resource takes a few hundred bytes. */
const textLimit = 1024 * 1024

/** The most references through aliases in one document. With more, a small file could become a huge value. */
const aliasLimit = 100

export interface ReadDocument {
  readonly value: unknown
  locate(path: FieldPath): Position
}

export interface ReadText {
  readonly documents: readonly ReadDocument[]
  /** Problems of the documents that could not be read. Those documents are not in `documents`. */
  readonly problems: readonly Problem[]
}

/**
 * Reads YAML, of which JSON is a part. With `json`, refuses syntax that JSON does not allow. `version` 1.1 is for files
 * that are written for readers of it: it has merge keys, and `yes` is a truth value.
 */
export async function readDocuments(
  text: string,
  json: boolean,
  version: '1.1' | '1.2' = '1.2',
): Promise<ReadText> {
  if (text.length > textLimit) return { documents: [], problems: [tooLong(text.length)] }
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  const parsed = yaml.parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'silent',
    version,
    // YAML 1.1 makes a date of `2024-02-01`, which vendors use as the name of a version.
    customTags: (tags) => tags.filter((tag) => typeof tag !== 'object' || !tag.tag.endsWith(':timestamp')),
  })
  const documents: ReadDocument[] = []
  const problems: Problem[] = []
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const syntax = syntaxProblems(yaml, document, lines, text)
    problems.push(...syntax.problems)
    if (!syntax.readable) continue
    const start = lineAndColumn(lines, document.contents?.range[0] ?? 0)
    const expanded = expandedValue(document)
    if ('fault' in expanded) {
      const { fault, remedy } = expanded
      problems.push({
        ...start,
        field: '',
        value: "the document's aliases",
        message: `${fault}. ${remedy}`,
        remedy,
      })
    } else if (expanded.value !== null) {
      documents.push({
        value: withoutSchema(expanded.value),
        locate: (path) => positionOf(yaml, document, lines, path),
      })
    }
  }
  if (json && problems.length === 0) problems.push(...jsonProblems(yaml, text, lines))
  return { documents, problems }
}

function expandedValue(
  document: Document,
): { readonly value: unknown } | { readonly fault: string; readonly remedy: string } {
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasLimit })
    // Throws for an alias inside of its own anchor, because later steps do not expect one.
    JSON.stringify(value)
    return { value }
  } catch (error) {
    const unresolved = error instanceof ReferenceError && error.message.startsWith('Unresolved')
    if (unresolved)
      return {
        fault: "one of the document's aliases has no anchor",
        remedy: 'Define the anchor before the alias.',
      }
    const remedy = 'Write the values out.'
    return {
      fault: `the document's aliases repeat more than ${aliasLimit} values, or an alias refers to itself`,
      remedy,
    }
  }
}

/** Drops `$schema`: a JSON file has no other place to name the schema that its editor uses. */
function withoutSchema(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$schema' in value)) return value
  const { $schema, ...rest } = value
  return typeof $schema === 'string' ? rest : value
}

function tooLong(length: number): Problem {
  const remedy = `Split it into files of at most ${textLimit} characters.`
  const value = `${length} characters`
  return { field: '', value, message: `the text has ${value}. ${remedy}`, remedy }
}
