import {
  fieldsIn,
  type ShapeProblem,
  unlessListOf,
  unlessNumber,
  unlessObject,
  unlessOneOf,
  unlessText,
} from './shape.ts'

const approvals: ReadonlySet<unknown> = new Set(['approved', 'rejected', 'pending', 'unknown'])
const artifactKinds: ReadonlySet<unknown> = new Set(['files', 'hosted'])
const readingKinds: ReadonlySet<unknown> = new Set([
  'ratio',
  'value',
  'distribution',
  'histogram',
  'events',
  'no-data',
])

/** What is wrong with a registry's answer to `resolve`. */
export function versionProblem(answer: unknown): ShapeProblem {
  const fields = fieldsIn(answer)
  if (fields === undefined) return unlessObject('the version', answer)
  return (
    unlessText('registry', fields.registry) ??
    unlessText('name', fields.name) ??
    unlessText('version', fields.version) ??
    artifactProblem(fields.artifact) ??
    unlessOneOf('approval', fields.approval, approvals) ??
    unlessListOf('aliases', fields.aliases, (alias, field) => unlessText(field, alias)) ??
    unlessObject('tags', fields.tags) ??
    unlessNumber('createdAtMs', fields.createdAtMs)
  )
}

function artifactProblem(artifact: unknown): ShapeProblem {
  const fields = fieldsIn(artifact)
  if (fields === undefined) return unlessObject('artifact', artifact)
  return (
    unlessOneOf('artifact.kind', fields.kind, artifactKinds) ??
    (fields.kind === 'files'
      ? unlessListOf('artifact.files', fields.files, (file, field) =>
          unlessText(`${field}.uri`, fieldsIn(file)?.uri),
        )
      : (unlessText('artifact.provider', fields.provider) ?? unlessText('artifact.model', fields.model)))
  )
}

/** What is wrong with what a metric source tells about a metric. */
export function capabilitiesProblem(answer: unknown): ShapeProblem {
  const fields = fieldsIn(answer)
  if (fields === undefined) return unlessObject('the answer', answer)
  const { counts, routerMeasured, delayMs } = fields
  if (typeof counts !== 'boolean') return 'counts is not true or false'
  if (typeof routerMeasured !== 'boolean') return 'routerMeasured is not true or false'
  return Number.isFinite(delayMs) && (delayMs as number) >= 0 ? undefined : 'delayMs is not 0 or more'
}

/** What is wrong with a metric source's answer to `query`. */
export function readingProblem(answer: unknown): ShapeProblem {
  const fields = fieldsIn(answer)
  if (fields === undefined) return unlessObject('the reading', answer)
  const { kind, covered, count } = fields
  const known = unlessOneOf('kind', kind, readingKinds)
  if (known !== undefined) return known
  const isEmpty = kind === 'no-data'
  return (
    (isEmpty ? undefined : numbersProblem(kind, fields)) ??
    (isEmpty && covered === undefined ? undefined : coveredProblem(covered)) ??
    countProblem(kind, count) ??
    unlessNumbersOrAbsent(fields, ['assigned', 'retried', 'expected', 'heard'])
  )
}

function numbersProblem(kind: unknown, fields: Readonly<Record<string, unknown>>): ShapeProblem {
  if (kind === 'value') return unlessNumber('value', fields.value)
  if (kind === 'ratio') return unlessNumber('hits', fields.hits) ?? unlessNumber('total', fields.total)
  if (kind === 'histogram') return histogramProblem(fields)
  if (kind === 'events') {
    return (
      unlessNumber('events', fields.events) ??
      (isAbove0(fields.exposureMs) ? undefined : 'exposureMs is not above 0')
    )
  }
  return unlessNumber('sum', fields.sum) ?? unlessNumber('sumSquares', fields.sumSquares)
}

function histogramProblem({ quantile, bounds, counts }: Readonly<Record<string, unknown>>): ShapeProblem {
  if (!isAbove0(quantile) || quantile >= 1) return 'quantile is not between 0 and 1'
  let before = Number.NEGATIVE_INFINITY
  const wrong =
    unlessListOf('bounds', bounds, (bound, field) => {
      const problem = unlessNumber(field, bound)
      if (problem !== undefined) return problem
      const isRising = (bound as number) > before
      before = bound as number
      return isRising ? undefined : `${field} is not above the bound before it`
    }) ??
    unlessListOf(
      'counts',
      counts,
      (count, field) =>
        unlessNumber(field, count) ?? ((count as number) < 0 ? `${field} is below 0` : undefined),
    )
  if (wrong !== undefined) return wrong
  const [cells, ends] = [(counts as readonly unknown[]).length, (bounds as readonly unknown[]).length]
  if (ends === 0) return 'bounds is empty'
  return cells === ends + 1
    ? undefined
    : `counts has ${cells} numbers, and there are ${ends} bounds: one more is right`
}

function isAbove0(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) > 0
}

function unlessNumbersOrAbsent(
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
): ShapeProblem {
  for (const name of names) {
    const problem = fields[name] === undefined ? undefined : unlessNumber(name, fields[name])
    if (problem !== undefined) return problem
  }
  return undefined
}

function countProblem(kind: unknown, count: unknown): ShapeProblem {
  const needed = kind === 'distribution' || (kind === 'value' && count !== undefined)
  return needed ? unlessNumber('count', count) : undefined
}

function coveredProblem(covered: unknown): ShapeProblem {
  const fields = fieldsIn(covered)
  if (fields === undefined) return unlessObject('covered', covered)
  return unlessNumber('covered.fromMs', fields.fromMs) ?? unlessNumber('covered.toMs', fields.toMs)
}
