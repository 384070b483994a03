import { fieldsIn, type ShapeProblem, unlessListOf, unlessNumber, unlessObject, unlessText } from './shape.ts'

/** What is wrong with a stored object. */
export function storedProblem(answer: unknown): ShapeProblem {
  const fields = fieldsIn(answer)
  if (fields === undefined) return unlessObject('the object', answer)
  return (
    unlessText('kind', fields.kind) ??
    unlessText('key', fields.key) ??
    unlessText('uid', fields.uid) ??
    unlessText('version', fields.version) ??
    unlessNumber('generation', fields.generation) ??
    unlessObject('resource', fields.resource) ??
    unlessObject('actor', fields.actor) ??
    (Array.isArray(fields.finalizers) ? undefined : 'finalizers is not a list')
  )
}

/** What is wrong with a stored object that may be gone. */
export function storedOrGoneProblem(answer: unknown): ShapeProblem {
  return answer === null ? undefined : storedProblem(answer)
}

/** What is wrong with a granted lease, or with its refusal. */
export function leaseProblem(answer: unknown): ShapeProblem {
  if (answer === null) return undefined
  const fields = fieldsIn(answer)
  if (fields === undefined) return unlessObject('the lease', answer)
  return (
    unlessText('name', fields.name) ??
    unlessText('holder', fields.holder) ??
    unlessText('store', fields.store) ??
    (Number.isSafeInteger(fields.fence) ? undefined : 'fence is not a whole number')
  )
}

/** What is wrong with the answer of `mark`. */
export function markProblem(answer: unknown): ShapeProblem {
  return unlessText('the mark', answer)
}

/** What is wrong with the answer of `readEvents`. */
export function eventsProblem(answer: unknown): ShapeProblem {
  return unlessListOf('the events', answer, (event, field) => {
    const fields = fieldsIn(event)
    if (fields === undefined) return unlessObject(field, event)
    return unlessText(`${field}.id`, fields.id) ?? unlessObject(`${field}.entry`, fields.entry)
  })
}

/** What is wrong with the answer of `auditHead`. */
export function auditHeadProblem(answer: unknown): ShapeProblem {
  if (answer === null) return undefined
  const fields = fieldsIn(answer)
  if (fields === undefined) return unlessObject('the head', answer)
  return unlessNumber('records', fields.records) ?? unlessText('head', fields.head)
}

/** What is wrong with the answer of `measurements.read`. */
export function measurementPageProblem(answer: unknown): ShapeProblem {
  const fields = fieldsIn(answer)
  if (fields === undefined) return unlessObject('the page', answer)
  return (
    unlessText('cursor', fields.cursor) ??
    unlessListOf('measurements', fields.measurements, (measurement, field) => {
      const { writer, sequence, body } = fieldsIn(measurement) ?? {}
      return (
        unlessText(`${field}.writer`, writer) ??
        unlessNumber(`${field}.sequence`, sequence) ??
        unlessText(`${field}.body`, body)
      )
    })
  )
}
