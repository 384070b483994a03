import { type Duration, durationMs, isDuration } from '../duration.ts'
import type { FieldPath } from '../problems/field-path.ts'
import { type CheckProblem, fieldsOf, itemsOf } from '../schema-checks.ts'

/** A window that is extended must not be shorter than the step that reads the gate. */
export function* shortExtensions(strategy: unknown, analysis: unknown): Generator<CheckProblem> {
  const windows = windowsOf(strategy)
  for (const [index, gate] of itemsOf(analysis).entries()) {
    const { name, maxFor } = fieldsOf(gate)
    if (typeof maxFor !== 'string' || !isDuration(maxFor)) continue
    const longer = windows.filter(
      ({ gates, length }) => gates.includes(name) && durationMs(length) > durationMs(maxFor),
    )
    const [longest] = longer.sort((one, other) => durationMs(other.length) - durationMs(one.length))
    if (longest === undefined) continue
    const fault = `is shorter than the step that reads the gate: ${longest.field} is ${longest.length}`
    yield { path: ['analysis', index, 'maxFor'], fault, remedy: `Write ${longest.length} or more.` }
  }
}

interface Window {
  readonly gates: readonly unknown[]
  readonly length: Duration
  readonly field: string
}

function windowsOf(strategy: unknown): Window[] {
  const { canary, blueGreen } = fieldsOf(strategy)
  const steps: readonly { readonly step: unknown; readonly path: FieldPath }[] = [
    { step: blueGreen, path: ['blueGreen'] },
    ...itemsOf(fieldsOf(canary).steps).map((step, index) => ({ step, path: ['canary.steps', index] })),
  ]
  return steps.flatMap(({ step, path: [at, index] }) => {
    const { analyze, for: length } = fieldsOf(step)
    if (typeof length !== 'string' || !isDuration(length)) return []
    const place = index === undefined ? '' : `[${index}]`
    return [{ gates: itemsOf(analyze), length, field: `spec.strategy.${at}${place}.for` }]
  })
}
