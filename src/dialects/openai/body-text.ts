import { ModelspineError, messageOf } from '../../errors.ts'
import { isRecord } from '../../json.ts'

/** Parses a caller's body. Throws `bad-request`. */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ModelspineError('bad-request', `the body is not JSON: ${messageOf(error)}`)
  }
}

/** Parses an upstream's answer. Throws `malformed-reply`. */
export function parseAnswer(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message repeats a piece of the answer.
    throw new ModelspineError('malformed-reply', `${what} is not JSON`)
  }
}

/** Some servers answer 200 and put an error into the body, or into an event. */
export function holdsError(body: unknown): boolean {
  return isRecord(body) && (body.error ?? null) !== null
}
