import type { z } from 'zod'
import { type FieldPath, formatPath } from './problems/field-path.ts'
import type { PathProblem } from './problems/issue-problems.ts'
import { nearestName } from './problems/nearest-name.ts'
import { fieldsOf, itemsOf } from './schema-checks.ts'

/** The names of a plane's parts. Its resources may use these names and no others. */
export interface PlaneNames {
  readonly registries: readonly string[]
  readonly targets: readonly string[]
  readonly providers: readonly string[]
  readonly policies: readonly string[]
  /** With `plane`, the source that the plane measures itself. */
  readonly metrics: readonly string[]
  /** Schemes of secret references, such as `env`. */
  readonly secrets: readonly string[]
}

const words: Readonly<Record<keyof PlaneNames, readonly [one: string, all: string]>> = {
  registries: ['registry', 'registries'],
  targets: ['target', 'targets'],
  providers: ['provider', 'providers'],
  policies: ['policy engine', 'policy engines'],
  metrics: ['metric source', 'metric sources'],
  secrets: ['secret store', 'secret stores'],
}

/** How a schema marks a field that holds one of the plane's names. `jsonSchema(plane)` reads it. */
export interface NameMark {
  readonly list: keyof PlaneNames
  /** For a text that only begins with the name: the rest of it, as the source of a regular expression. */
  readonly rest?: string
}

/** The key under which a schema's metadata holds its `NameMark`. */
export const nameMark = 'x-modelspine-name'

/** Marks a field whose value is one of the plane's names or begins with one. */
export function planeName<Out, In>(
  schema: z.ZodType<Out, In>,
  list: keyof PlaneNames,
  rest?: string,
): z.ZodType<Out, In> {
  return schema.meta({ [nameMark]: { list, ...(rest !== undefined && { rest }) } satisfies NameMark })
}

/** Finds the names in a resource that the plane does not have. The resource may have other faults too. */
export function unknownNames(names: PlaneNames, resource: unknown): readonly PathProblem[] {
  const problems: PathProblem[] = []
  for (const { list, name, path } of namesIn(resource)) {
    if (names[list].includes(name)) continue
    problems.push(unknownName(names[list], list, name, path))
  }
  return problems
}

/**
 * Adds the unknown names to the problems of a resource. A field that has a problem already gets no second
 * one.
 */
export function withUnknownNames(
  problems: readonly PathProblem[],
  names: PlaneNames,
  resource: unknown,
): readonly PathProblem[] {
  const told = new Set(problems.map(({ problem }) => problem.field))
  return [...problems, ...unknownNames(names, resource).filter(({ problem }) => !told.has(problem.field))]
}

function unknownName(
  known: readonly string[],
  list: keyof PlaneNames,
  name: string,
  path: FieldPath,
): PathProblem {
  const [one, all] = words[list]
  const near = nearestName(name, known)
  const remedy =
    near !== undefined
      ? `Did you mean "${near}"?`
      : known.length === 0
        ? `This plane has no ${all}.`
        : `Write one of ${known.map((each) => `"${each}"`).join(', ')}.`
  const field = formatPath(path)
  // A secret that is written in place of its reference must not be shown, not even in part.
  const value = list === 'secrets' && near === undefined ? '[secret]' : JSON.stringify(name)
  return {
    path,
    problem: { field, value, message: `${field}: this plane has no ${one} ${value}. ${remedy}`, remedy },
  }
}

interface NameUse {
  readonly list: keyof PlaneNames
  readonly name: string
  readonly path: FieldPath
}

/** Every place where a resource names a part of its plane. A value that is no text is left to the schema. */
function* namesIn(resource: unknown): Generator<NameUse> {
  for (const { list, name, path } of possibleNames(fieldsOf(resource).spec)) {
    if (typeof name === 'string' && name !== '') yield { list, name, path: ['spec', ...path] }
  }
}

interface PossibleName extends Omit<NameUse, 'name'> {
  readonly name: unknown
}

function* possibleNames(value: unknown): Generator<PossibleName> {
  const { model, target, runtime, policies, analysis, backends, fallback } = fieldsOf(value)
  yield typeof model === 'string'
    ? { list: 'registries', name: before('/', model), path: ['model'] }
    : { list: 'registries', name: fieldsOf(model).registry, path: ['model', 'registry'] }
  yield typeof target === 'string'
    ? { list: 'targets', name: target, path: ['target'] }
    : { list: 'targets', name: fieldsOf(target).name, path: ['target', 'name'] }
  for (const [variable, reference] of Object.entries(fieldsOf(fieldsOf(runtime).secrets))) {
    const name = typeof reference === 'string' ? before(':', reference) : undefined
    yield { list: 'secrets', name, path: ['runtime', 'secrets', variable] }
  }
  for (const [place, name] of itemsOf(policies).entries())
    yield { list: 'policies', name, path: ['policies', place] }
  for (const [place, gate] of itemsOf(analysis).entries())
    yield { list: 'metrics', name: fieldsOf(gate).source, path: ['analysis', place, 'source'] }
  for (const [field, list] of [['backends', backends] as const, ['fallback', fallback] as const]) {
    for (const [place, backend] of itemsOf(list).entries())
      yield { list: 'providers', name: fieldsOf(backend).provider, path: [field, place, 'provider'] }
  }
}

/** The text before a mark. Undefined without the mark, because the text is then no reference. */
function before(mark: string, text: string): string | undefined {
  const place = text.indexOf(mark)
  return place < 0 ? undefined : text.slice(0, place)
}
