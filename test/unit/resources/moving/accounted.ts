import type { Moved } from '../../../../src/resources/index.ts'
import { type FieldPath, formatPath, valueAt } from '../../../../src/resources/problems/field-path.ts'

/** The path and value of everything in a config that has no further parts. */
export function leavesOf(
  value: unknown,
  path: FieldPath = [],
): readonly { path: FieldPath; value: unknown }[] {
  const children: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? [...value.entries()]
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : []
  return children.length === 0 && path.length > 0
    ? [{ path, value }]
    : children.flatMap(([step, child]) => leavesOf(child, [...path, step]))
}

/** The leaves of a config that a result tells nothing of, neither by themselves nor by what holds them. */
export function forgotten(config: unknown, { carried, left }: Moved): readonly string[] {
  const told = new Set([...carried, ...left].map(({ path }) => path))
  return leavesOf(config).flatMap(({ path }) => {
    const isTold = path.some((_, place) => told.has(formatPath(path.slice(0, place + 1))))
    return isTold ? [] : [formatPath(path)]
  })
}

/** The fields that are said to be carried to a place that the result does not have. */
export function carriedNowhere(moved: Moved): readonly string[] {
  return moved.carried
    .filter(({ to }) => valueAt(moved, stepsOf(to)) === undefined)
    .map(({ path, to }) => `${path} → ${to}`)
}

export function stepsOf(path: string): FieldPath {
  return [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(([, index, quoted, name]) =>
    index !== undefined ? Number(index) : (quoted ?? name ?? ''),
  )
}

/** A copy in which one field is another value. */
export function changed(config: unknown, path: FieldPath, value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  const copy: Record<string | number, unknown> = Array.isArray(config)
    ? ([...config] as never)
    : { ...(config as object) }
  copy[step] = changed(copy[step], rest, value)
  return copy
}

/** The entries of `left` for a field. */
export function leftAt({ left }: Moved, path: string): readonly string[] {
  return left.filter((each) => each.path === path).map(({ reason }) => reason)
}
