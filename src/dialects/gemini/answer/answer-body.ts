import { ModelspineError } from '../../../errors.ts'
import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ErrorOf } from '../../chat-codec.ts'
import { parseExactly } from '../../exact-json.ts'

/**
 * The parsed text of an answer or of an event. Throws `malformed-reply`, what `errorOf` makes of an error in it, and
 * `content-filter` when Google refused the prompt. It says that with status 200.
 */
export function answerBody(text: string, what: string, errorOf: ErrorOf): JsonRecord {
  let body: unknown
  try {
    body = parseExactly(text)
  } catch {
    // The parser's own message repeats a piece of the answer.
    throw new ModelspineError('malformed-reply', `${what} is not JSON`)
  }
  const first: unknown = Array.isArray(body) ? body[0] : body
  if (isRecord(first) && (first.error ?? null) !== null) throw errorOf(first)
  if (!isRecord(body)) throw new ModelspineError('malformed-reply', `${what} is no object`)
  const reason = isRecord(body.promptFeedback) ? body.promptFeedback.blockReason : undefined
  if (typeof reason === 'string' && candidatesOf(body).length === 0) {
    const word = /^[A-Z_]{1,60}$/.test(reason) ? reason : 'OTHER'
    throw new ModelspineError('content-filter', `the vendor refused the prompt: ${word}`, {
      details: { reason: word },
    })
  }
  return body
}

export function candidatesOf({ candidates }: JsonRecord): readonly unknown[] {
  return Array.isArray(candidates) ? candidates : []
}
