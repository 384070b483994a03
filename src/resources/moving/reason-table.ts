import type { FieldPath } from '../problems/field-path.ts'
import type { Reason } from './ledger.ts'

/**
 * The reason for a field, from a table by paths. `model_list[].litellm_params.*` is for all fields of that object that have
 * no line of their own.
 */
export function reasonIn(table: Readonly<Record<string, Reason>>, path: FieldPath): Reason | undefined {
  const steps = path.map((step) => (typeof step === 'number' ? '[]' : `.${step}`))
  const whole = steps.join('').replace(/^\./, '')
  if (Object.hasOwn(table, whole)) return table[whole]
  for (let length = steps.length - 1; length >= 0; length -= 1) {
    const above = `${steps.slice(0, length).join('').replace(/^\./, '')}.*`.replace(/^\./, '')
    if (Object.hasOwn(table, above)) return table[above]
  }
  return undefined
}
