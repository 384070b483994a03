import type { Document, LineCounter, YAMLError } from 'yaml'
import { formatPath } from '../problems/field-path.ts'
import type { Problem } from '../problems/problem.ts'
import { lineAndColumn, pathAt, positionOf } from './yaml-positions.ts'

/** These texts replace the parser's own messages, which may quote the text and thereby a secret. */
const remedies: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'Define the anchor before the alias.',
  BAD_DQ_ESCAPE: 'Write \\\\ for a backslash, or use single quotes.',
  BAD_INDENT: 'Close the bracket, or indent this line further than the line it belongs to.',
  BAD_SCALAR_START: 'Put the text in quotes.',
  BLOCK_AS_IMPLICIT_KEY: 'Put text that holds ": " in quotes, or begin a new line.',
  DUPLICATE_KEY: 'Keep one of them.',
  MISSING_CHAR: 'Close the quote or the bracket, or add the missing comma or colon.',
  MULTILINE_IMPLICIT_KEY: 'Write `name: value` on one line.',
  RESOURCE_EXHAUSTION: 'Nest less deeply.',
  TAB_AS_INDENT: 'Indent with spaces.',
  TAG_RESOLVE_FAILED: 'Remove the tag, because values can only have the types of JSON.',
  UNEXPECTED_TOKEN: 'Check quotes, brackets and the indentation of this line and the one before.',
}

/**
 * The syntax problems that the parser found. Errors that stop reading follow from one another, so only the
 * first is reported. Each field that is written twice is reported.
 */
export function syntaxProblems(
  yaml: typeof import('yaml'),
  document: Document.Parsed,
  lines: LineCounter,
  text: string,
): { readonly readable: boolean; readonly problems: readonly Problem[] } {
  const all: readonly YAMLError[] = [...document.errors, ...document.warnings]
  const first = all.find(({ code }) => code !== 'DUPLICATE_KEY')
  const told = all.filter((error) => error.code === 'DUPLICATE_KEY' || error === first)
  const problems = told.map(({ code, pos: [offset] }) => {
    const path = pathAt(yaml, document, offset)
    // The parser notices an open quote or bracket only at the end of the file. The place where it begins
    // helps more.
    const left = code === 'MISSING_CHAR' && path.length > 0
    const place = left ? positionOf(yaml, document, lines, path) : lineAndColumn(lines, offset)
    // The text before the second colon looks like a field, but it is not a field.
    const field = formatPath(code === 'BLOCK_AS_IMPLICIT_KEY' ? path.slice(0, -1) : path)
    const value = lineStart(text, place.line)
    const remedy = remedies[code] ?? 'Check the syntax of this line and the one before.'
    const fault = code === 'DUPLICATE_KEY' ? 'writes the field a second time' : `cannot be read (${code})`
    const message = `${field === '' ? '' : `${field}: `}${value} ${fault}. ${remedy}`
    return { ...place, field, value, message, remedy }
  })
  return { readable: first === undefined, problems }
}

/** The line up to its colon, because the text after the colon may be a secret. */
function lineStart(text: string, line: number): string {
  const name = /^[\s-]*([\w."'$-]{1,60}\s*:)/.exec(text.split('\n', line)[line - 1] ?? '')?.[1]
  return name === undefined ? 'this line' : `the line "${name} …"`
}
