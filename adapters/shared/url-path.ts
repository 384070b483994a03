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

export type UrlQuery = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** Each name with its values, one after the other. */
export function queryPairs(query: UrlQuery = {}): [name: string, value: string][] {
  return Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, String(each)]),
  )
}

/** What stands behind a path. Empty without pairs. */
export function queryOf(query: UrlQuery | undefined): string {
  const given = new URLSearchParams(queryPairs(query))
  return given.size === 0 ? '' : `?${given}`
}
