/** Says what is wrong with a part of an answer. It names types and never values, which may be secret. */
export type ShapeProblem = string | undefined

type Fields = Readonly<Record<string, unknown>>

/** The fields of an object, or undefined for anything else. */
export function fieldsIn(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

export function unlike(field: string, value: unknown, right: string): string {
  return `${field} is ${typeName(value)}, not ${right}`
}

export function unlessObject(field: string, value: unknown): ShapeProblem {
  return fieldsIn(value) === undefined ? unlike(field, value, 'an object') : undefined
}

export function unlessText(field: string, value: unknown): ShapeProblem {
  return typeof value === 'string' ? undefined : unlike(field, value, 'a text')
}

export function unlessTextOrAbsent(field: string, value: unknown): ShapeProblem {
  return value === undefined ? undefined : unlessText(field, value)
}

export function unlessNumber(field: string, value: unknown): ShapeProblem {
  return Number.isFinite(value) ? undefined : unlike(field, value, 'a number')
}

export function unlessOneOf(field: string, value: unknown, allowed: ReadonlySet<unknown>): ShapeProblem {
  return allowed.has(value) ? undefined : `${field} is none of ${[...allowed].join(', ')}`
}

/** The problem of the first item that has one. */
export function unlessListOf(
  field: string,
  value: unknown,
  problemOf: (item: unknown, field: string) => ShapeProblem,
): ShapeProblem {
  if (!Array.isArray(value)) return unlike(field, value, 'a list')
  for (let place = 0; place < value.length; place += 1) {
    const problem = problemOf(value[place], field)
    if (problem !== undefined) return problem.replace(field, `${field}[${place}]`)
  }
  return undefined
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  const type = typeof value
  if (type === 'string') return 'a text'
  return `${type === 'object' ? 'an' : 'a'} ${type}`
}
