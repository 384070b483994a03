import type { LineCounter } from 'yaml'
import type { Problem } from '../problems/problem.ts'
import { lineAndColumn } from './yaml-positions.ts'

const literal = /^(true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/

/** Finds syntax that YAML allows and JSON does not: comments, trailing commas, bare words, single quotes. */
export function jsonProblems(
  yaml: typeof import('yaml'),
  text: string,
  lines: LineCounter,
): readonly Problem[] {
  // An empty file holds no resource in either language.
  if (text.trim() === '') return []
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
    return []
  } catch (error) {
    const position = /at position (\d+)/.exec(String(error))?.[1]
    const offset = position === undefined ? firstOddity(yaml, text) : Number(position)
    const remedy =
      'Quote names and texts with ", remove comments and trailing commas, or call the file .yaml.'
    const message = `this line is YAML, but not JSON. ${remedy}`
    return [{ ...lineAndColumn(lines, offset), field: '', value: 'this line', message, remedy }]
  }
}

/** V8 gives no position for some errors. Then the first scalar that is not JSON is the likely place. */
function firstOddity(yaml: typeof import('yaml'), text: string): number {
  let offset = 0
  yaml.visit(yaml.parseDocument(text, { prettyErrors: false, logLevel: 'silent' }), {
    Scalar(_, { type, source = '', range }) {
      if (type === 'QUOTE_DOUBLE' || (type === 'PLAIN' && literal.test(source))) return undefined
      offset = range?.[0] ?? 0
      return yaml.visit.BREAK
    },
  })
  return offset
}
