import { ModelspineError } from '../../errors.ts'
import { isRecord } from '../../json.ts'
import { codeOfStatus, codesOfStatus } from '../../provider/contract/code-of-status.ts'
import type { ProviderFailure } from '../../provider/contract.ts'

export interface AnthropicFailure {
  /** The status of the reply. Left out for an error inside a stream, because the stream began with 200. */
  readonly status?: number
  /** The parsed body: `{ type: 'error', error: { type, message } }`, or any other value that the vendor sent. */
  readonly body: unknown
  readonly retryAfterMs?: number
  /** What `rateLimitsOf` found in the headers of the reply. */
  readonly rateLimits?: Readonly<Record<string, string>> | undefined
  /** The vendor's own id of the request, by which its support finds it. */
  readonly vendorRequestId?: string | undefined
  /** The first `longest` characters of what the vendor wrote, without credentials: `scrubStart`. */
  readonly clean: (text: string, longest: number) => string
}

/** How many characters are shown of a message. */
const longestMessage = 1000

/** How many characters of a message are read for its meaning. */
const longestRead = 8000

/** How many characters are shown of a word, such as an error's type. */
const longestWord = 200

const byWord: ReadonlyMap<unknown, ProviderFailure> = new Map<unknown, ProviderFailure>(
  Object.entries({
    invalid_request_error: 'bad-request',
    authentication_error: 'auth',
    permission_error: 'auth',
    billing_error: 'quota',
    not_found_error: 'not-found',
    request_too_large: 'context-length',
    rate_limit_error: 'rate-limited',
    api_error: 'unavailable',
    timeout_error: 'timeout',
    overloaded_error: 'overloaded',
    // The server of llama.cpp sends this while it loads the model.
    unavailable_error: 'not-ready',
  } as const),
)

/** `invalid_request_error` stands for each of these, too. Only the message tells them apart. */
const byMessage: readonly (readonly [RegExp, ProviderFailure])[] = [
  [/credit balance is too low/i, 'quota'],
  [
    /prompt is too long|exceed(?:s|ed)? (?:the )?context|context (?:length|window|size)|too many tokens/i,
    'context-length',
  ],
  [/content filter/i, 'content-filter'],
]

/** Makes a ModelspineError of an error answer in Anthropic's format. */
export function readAnthropicError(failure: AnthropicFailure): ModelspineError {
  const { status, clean, retryAfterMs, rateLimits, vendorRequestId } = failure
  const { type, message, details } = errorOf(failure.body)
  const text = typeof message === 'string' ? message : ''
  const said = clean(text, longestMessage)
  const code = isRecord(details) ? details.error_code : undefined
  return new ModelspineError(
    codeOf(status, byWord.get(type), text.slice(0, longestRead)),
    `the vendor answered ${status ?? 'an error'}${said === '' ? '' : `: ${said}`}`,
    {
      details: {
        ...(status !== undefined && { status }),
        ...(typeof type === 'string' && { type: clean(type, longestWord) }),
        ...(typeof code === 'string' && { code: clean(code, longestWord) }),
        ...(rateLimits !== undefined && { rateLimits }),
        ...(vendorRequestId !== undefined && { vendorRequestId: clean(vendorRequestId, longestWord) }),
      },
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  )
}

/** The word before the status, because servers of this format differ in their statuses. */
function codeOf(
  status: number | undefined,
  word: ProviderFailure | undefined,
  message: string,
): ProviderFailure {
  // A redirect, or an answer without content, is not a reply. The caller cannot fix it.
  if (status !== undefined && status < 400) return 'malformed-reply'
  const known = status === undefined ? undefined : codesOfStatus[status]
  if ((word ?? known) === 'bad-request') {
    const told = byMessage.find(([pattern]) => pattern.test(message))
    if (told !== undefined) return told[1]
  }
  return word ?? known ?? (status === undefined ? 'unavailable' : codeOfStatus(status))
}

interface ErrorFields {
  readonly type?: unknown
  readonly message?: unknown
  readonly details?: unknown
}

/** Also reads `{ error: "text" }`, `{ message }` and `{ detail }`, in which servers beside the vendor answer. */
function errorOf(body: unknown): ErrorFields {
  if (!isRecord(body)) return { message: typeof body === 'string' ? body : undefined }
  if (isRecord(body.error)) return body.error
  return { message: body.error ?? body.message ?? body.detail }
}
