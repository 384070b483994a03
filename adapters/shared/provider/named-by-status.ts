import { type ErrorCode, isModelspineError, ModelspineError } from 'modelspine/adapter'

/** What a status of HTTP means, for an answer in which the cloud itself names no error. */
export type CodesByStatus = Readonly<Record<number, ErrorCode>>

/** The answer. An error of the code `unavailable` that has no name gets the code of its status. */
export async function namedByStatus<Answer>(asked: Promise<Answer>, codes: CodesByStatus): Promise<Answer> {
  try {
    return await asked
  } catch (error) {
    if (!isModelspineError(error, 'unavailable') || error.details.reason !== undefined) throw error
    const { message, details, retryAfterMs } = error
    const code = typeof details.status === 'number' ? codes[details.status] : undefined
    if (code === undefined) throw error
    throw new ModelspineError(code, message, { details, ...(retryAfterMs !== undefined && { retryAfterMs }) })
  }
}
