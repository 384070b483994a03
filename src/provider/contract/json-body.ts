import { ModelspineError, messageOf } from '../../errors.ts'
import type { JsonRecord } from '../../json.ts'

/**
 * A body to send. Throws `bad-request` for a value that cannot be written as JSON, such as a value that is
 * nested too deeply. This is the caller's fault, so no upstream counts as failed. `replace` is as for `JSON.stringify`.
 */
export function jsonBody(
  value: unknown,
  replace?: (this: JsonRecord, name: string, member: unknown) => unknown,
): string {
  try {
    return JSON.stringify(value, replace)
  } catch (error) {
    throw new ModelspineError('bad-request', `the request cannot be written as JSON: ${messageOf(error)}`)
  }
}
