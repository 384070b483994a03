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
const readingKinds: ReadonlySet<unknown> = new Set(['ratio', 'value', 'distribution', 'no-data'])

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
  if (kind === 'no-data') return covered === undefined ? undefined : coveredProblem(covered)
  return numbersProblem(kind, fields) ?? coveredProblem(covered) ?? countProblem(kind, count)
}

function numbersProblem(kind: unknown, fields: Readonly<Record<string, unknown>>): ShapeProblem {
  if (kind === 'value') return unlessNumber('value', fields.value)
  if (kind === 'ratio') return unlessNumber('hits', fields.hits) ?? unlessNumber('total', fields.total)
  return unlessNumber('sum', fields.sum) ?? unlessNumber('sumSquares', fields.sumSquares)
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
