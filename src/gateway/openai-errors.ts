import type { ErrorFacts } from './surface.ts'

/** OpenAI's words for codes, because OpenAI's clients check them. Any other code is sent as it is. */
const codes: Readonly<Record<string, string>> = {
  'no-route': 'model_not_found',
  'not-found': 'model_not_found',
  'context-length': 'context_length_exceeded',
  'content-filter': 'content_filter',
  'rate-limited': 'rate_limit_exceeded',
  quota: 'insufficient_quota',
  unauthenticated: 'invalid_api_key',
}

/** The error as `{ error: { message, type, param, code } }`. It is also sent as an event of a stream. */
export function openaiErrorBody({
  status,
  code,
  message,
  field,
  vendorCode,
  vendorType,
}: ErrorFacts): string {
  return JSON.stringify({
    error: {
      message,
      type: vendorType ?? typeOf(status, code),
      param: field ?? null,
      // Some vendors repeat the status as the code.
      code: vendorCode !== undefined && /[a-z]/i.test(vendorCode) ? vendorCode : (codes[code] ?? code),
    },
  })
}

/** The error as the last event of a stream. No end marker follows it. */
export function openaiErrorEvent(error: ErrorFacts): string {
  return `data: ${openaiErrorBody(error)}\n\n`
}

/** The error as the last event of a stream of responses. `number` counts on from the event before. */
export function openaiResponseErrorEvent(error: ErrorFacts, number: number): string {
  const { error: said } = JSON.parse(openaiErrorBody(error))
  const { code, message, param } = said
  const event = { type: 'error', code, message, param, sequence_number: number }
  return `event: error\ndata: ${JSON.stringify(event)}\n\n`
}

function typeOf(status: number, code: string): string {
  if (code === 'quota') return 'insufficient_quota'
  if (status === 429) return 'rate_limit_error'
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}
