import { ModelspineError } from 'modelspine/adapter'

export type UrlPath = (parts: TemplateStringsArray, ...names: readonly string[]) => string

/**
 * Makes paths with names in them. Each name becomes one segment, whatever characters it has. The tag throws
 * `invalid-reference` for an empty name, and for `.` and `..`, which servers take away.
 */
export function pathWith(encode: (name: string) => string): UrlPath {
  return (parts, ...names) => String.raw({ raw: parts }, ...names.map((name) => encode(named(name))))
}

function named(name: string): string {
  if (name !== '' && name !== '.' && name !== '..') return name
  throw new ModelspineError('invalid-reference', `"${name}" cannot be a part of an address`)
}
