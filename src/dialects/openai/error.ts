import { type ErrorCode, ModelspineError } from '../../errors.ts'
import { isRecord } from '../../json.ts'
import { codeOfStatus, codesOfStatus } from '../../provider/contract/code-of-status.ts'
import type { ProviderFailure } from '../../provider/contract.ts'

export interface OpenaiFailure {
  /** The status of the reply. Left out for an error inside a stream, because the stream began with 200. */
  readonly status?: number
  /**
   * The parsed body: `{ error: { type, code, param, message } }`, or any other value that the vendor sent.
   */
  readonly body: unknown
  readonly retryAfterMs?: number
  /** What `rateLimitsOf` found in the headers of the reply. */
  readonly rateLimits?: Readonly<Record<string, string>> | undefined
  /** The first `longest` characters of what the vendor wrote, without credentials: `scrubStart`. */
  readonly clean: (text: string, longest: number) => string
}

/** How many characters are shown of a message. */
const longestMessage = 1000

/** How many characters of a message are read for its meaning. */
const longestRead = 8000

/** How many characters are shown of a word, such as an error's type. */
const longestWord = 200

/** What is wrong with an image of the caller. */
const imageWords = [
  'invalid_image',
  'invalid_image_format',
  'invalid_base64_image',
  'invalid_image_url',
  'invalid_image_mode',
  'image_too_large',
  'image_too_small',
  'image_parse_error',
  'image_file_too_large',
  'image_file_not_found',
  'unsupported_image_media_type',
  'empty_image_file',
  'failed_to_download_image',
] as const

const byWord: ReadonlyMap<string, ProviderFailure> = new Map<string, ProviderFailure>(
  Object.entries({
    insufficient_quota: 'quota',
    billing_hard_limit_reached: 'quota',
    billing_not_active: 'quota',
    rate_limit_exceeded: 'rate-limited',
    rate_limit_error: 'rate-limited',
    requests: 'rate-limited',
    tokens: 'rate-limited',
    context_length_exceeded: 'context-length',
    string_above_max_length: 'context-length',
    content_filter: 'content-filter',
    content_policy_violation: 'content-filter',
    invalid_api_key: 'auth',
    authentication_error: 'auth',
    permission_error: 'auth',
    model_not_found: 'not-found',
    not_found_error: 'not-found',
    overloaded_error: 'overloaded',
    server_overloaded: 'overloaded',
    engine_overloaded: 'overloaded',
    slow_down: 'overloaded',
    // The server of llama.cpp sends this while it loads the model.
    unavailable_error: 'not-ready',
    timeout: 'timeout',
    timeout_error: 'timeout',
    server_error: 'unavailable',
    api_error: 'unavailable',
    internal_server_error: 'unavailable',
    invalid_request_error: 'bad-request',
    // Why a response failed after it had begun.
    invalid_prompt: 'bad-request',
    data_residency_mismatch: 'bad-request',
    bio_policy: 'content-filter',
    image_content_policy_violation: 'content-filter',
    vector_store_timeout: 'timeout',
    ...Object.fromEntries(imageWords.map((word) => [word, 'bad-request'] as const)),
  } as const),
)

/**
 * Codes that say more than the status: a 429 because money is missing, a 400 because the prompt is too long.
 */
const telling: ReadonlySet<ErrorCode> = new Set([
  'quota',
  'context-length',
  'content-filter',
  'overloaded',
  'not-found',
  'not-ready',
])

/** Makes a ModelspineError of an error answer in OpenAI's dialect. */
export function readOpenaiError(failure: OpenaiFailure): ModelspineError {
  const error = errorOf(failure.body)
  const status = failure.status ?? (typeof error.code === 'number' ? error.code : undefined)
  const word = byWord.get(String(error.code)) ?? byWord.get(String(error.type))
  const message = typeof error.message === 'string' ? error.message : ''
  const said = failure.clean(message, longestMessage)
  const code = codeOf(status, word, message.slice(0, longestRead))
  return new ModelspineError(
    code,
    `the vendor answered ${status ?? 'an error'}${said === '' ? '' : `: ${said}`}`,
    {
      details: {
        ...(status === undefined ? {} : { status }),
        ...(typeof error.type === 'string' ? { type: failure.clean(error.type, longestWord) } : {}),
        ...(typeof error.code === 'string' ? { code: failure.clean(error.code, longestWord) } : {}),
        ...(typeof error.param === 'string' ? { field: failure.clean(error.param, longestWord) } : {}),
        ...(failure.rateLimits === undefined ? {} : { rateLimits: failure.rateLimits }),
      },
      ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    },
  )
}

function codeOf(
  status: number | undefined,
  word: ProviderFailure | undefined,
  message: string,
): ProviderFailure {
  // A redirect, or an answer without content, is not a reply. The caller cannot fix it.
  if (status !== undefined && status < 400) return 'malformed-reply'
  if (word !== undefined && telling.has(word)) return word
  const known = status === undefined ? undefined : codesOfStatus[status]
  // Some servers use OpenAI's format without its codes. They tell this only in the message.
  if ((known === 'bad-request' || (known === undefined && word === 'bad-request')) && tooLong.test(message)) {
    return 'context-length'
  }
  if (known !== undefined) return known
  if (word !== undefined) return word
  return status === undefined ? 'unavailable' : codeOfStatus(status)
}

const tooLong = /context (length|window|size)|maximum context|too many tokens/i

interface ErrorFields {
  readonly type?: unknown
  readonly code?: unknown
  readonly param?: unknown
  readonly message?: unknown
}

/**
 * Also reads `{ error: "text" }`, `{ message }` and `{ detail }`, because some servers answer in these forms.
 */
function errorOf(body: unknown): ErrorFields {
  if (!isRecord(body)) return { message: typeof body === 'string' ? body : undefined }
  if (isRecord(body.error)) return body.error
  return { ...body, message: body.error ?? body.message ?? body.detail }
}
