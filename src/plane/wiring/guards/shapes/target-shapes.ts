import {
  fieldsIn,
  type ShapeProblem,
  unlessListOf,
  unlessNumber,
  unlessObject,
  unlessOneOf,
  unlessText,
  unlessTextOrAbsent,
} from './shape.ts'

const revisionStates: ReadonlySet<unknown> = new Set(['starting', 'ready', 'unready', 'failed', 'stopping'])
const operationStates: ReadonlySet<unknown> = new Set(['running', 'succeeded', 'failed'])
const applyKinds: ReadonlySet<unknown> = new Set([
  'accepted',
  'unchanged',
  'busy',
  'refused',
  'failed',
  'not-sent',
])
const destroyKinds: ReadonlySet<unknown> = new Set([...applyKinds].filter((kind) => kind !== 'refused'))

/** What is wrong with the answer of `observe`. */
export function observationProblem(answer: unknown): ShapeProblem {
  const fields = fieldsIn(answer)
  if (fields === undefined) return unlessObject('the observation', answer)
  return (
    unlessListOf('revisions', fields.revisions, revisionProblem) ??
    unlessListOf('operations', fields.operations, operationProblem) ??
    unlessTextOrAbsent('etag', fields.etag)
  )
}

/** What is wrong with the answer of `observeMany`. */
export function observationsProblem(answer: unknown): ShapeProblem {
  if (!(answer instanceof Map)) return 'it is not a Map'
  for (const [key, observed] of answer) {
    const problem = observationProblem(observed)
    if (problem !== undefined) return `${String(key)}: ${problem}`
  }
  return undefined
}

function revisionProblem(item: unknown, field: string): ShapeProblem {
  const fields = fieldsIn(item)
  if (fields === undefined) return unlessObject(field, item)
  const { endpoint, weight } = fields
  return (
    unlessText(`${field}.revision`, fields.revision) ??
    unlessOneOf(`${field}.state`, fields.state, revisionStates) ??
    unlessTextOrAbsent(`${field}.reason`, fields.reason) ??
    unlessTextOrAbsent(`${field}.message`, fields.message) ??
    (endpoint === undefined ? undefined : endpointProblem(endpoint, `${field}.endpoint`)) ??
    (weight === undefined ? undefined : unlessNumber(`${field}.weight`, weight)) ??
    (fields.scale === undefined ? undefined : unlessObject(`${field}.scale`, fields.scale))
  )
}

function endpointProblem(endpoint: unknown, field: string): ShapeProblem {
  const fields = fieldsIn(endpoint)
  if (fields === undefined) return unlessObject(field, endpoint)
  return (
    unlessText(`${field}.protocol`, fields.protocol) ??
    unlessText(`${field}.address`, fields.address) ??
    unlessTextOrAbsent(`${field}.model`, fields.model)
  )
}

function operationProblem(item: unknown, field: string): ShapeProblem {
  const fields = fieldsIn(item)
  if (fields === undefined) return unlessObject(field, item)
  return (
    unlessText(`${field}.operationId`, fields.operationId) ??
    unlessOneOf(`${field}.state`, fields.state, operationStates) ??
    unlessTextOrAbsent(`${field}.reason`, fields.reason)
  )
}

/** What is wrong with the answer of `check`. */
export function checkedProblem(answer: unknown): ShapeProblem {
  const { kind, warnings, reason, message } = fieldsIn(answer) ?? {}
  return kind === 'accepted'
    ? unlessListOf('warnings', warnings, (each, field) => unlessText(field, each))
    : (unlessOneOf('kind', kind, new Set(['refused'])) ??
        unlessText('reason', reason) ??
        unlessText('message', message))
}

/** What is wrong with the answer of `apply`. */
export function appliedProblem(answer: unknown): ShapeProblem {
  return changeProblem(answer, applyKinds)
}

/** What is wrong with the answer of `destroy`. */
export function destroyedProblem(answer: unknown): ShapeProblem {
  return changeProblem(answer, destroyKinds)
}

function changeProblem(answer: unknown, kinds: ReadonlySet<unknown>): ShapeProblem {
  const fields = fieldsIn(answer)
  if (fields === undefined) return unlessObject('the result', answer)
  const { kind } = fields
  const known = unlessOneOf('kind', kind, kinds)
  if (known !== undefined) return known
  if (kind === 'accepted') return unlessTextOrAbsent('handle', fields.handle)
  if (kind === 'unchanged') return undefined
  if (kind === 'busy') return waitProblem(fields.retryAfterMs)
  return unlessText('reason', fields.reason) ?? unlessText('message', fields.message)
}

function waitProblem(retryAfterMs: unknown): ShapeProblem {
  const problem = unlessNumber('retryAfterMs', retryAfterMs)
  return problem ?? (Number(retryAfterMs) < 0 ? 'retryAfterMs is below 0' : undefined)
}

/** What is wrong with the answer of `list`. */
export function keysProblem(answer: unknown): ShapeProblem {
  return unlessListOf('the list', answer, (key, field) =>
    typeof key === 'string' && key.includes('/') ? undefined : `${field} is not a key`,
  )
}
