import { describe, expect, it } from 'vitest'
import { readAnthropicError } from '../../../../src/dialects/anthropic/error.ts'

const clean = (text: string, longest: number): string => text.replaceAll('key', '[secret]').slice(0, longest)
const codeOf = (status: number | undefined, type: string, message = ''): string =>
  readAnthropicError({
    ...(status !== undefined && { status }),
    body: { type: 'error', error: { type, message } },
    clean,
  }).code

describe('an error in Anthropic’s format', () => {
  it.each([
    [400, 'invalid_request_error', 'bad-request'],
    [401, 'authentication_error', 'auth'],
    [402, 'billing_error', 'quota'],
    [403, 'permission_error', 'auth'],
    [404, 'not_found_error', 'not-found'],
    [413, 'request_too_large', 'context-length'],
    [429, 'rate_limit_error', 'rate-limited'],
    [500, 'api_error', 'unavailable'],
    [503, 'unavailable_error', 'not-ready'],
    [504, 'timeout_error', 'timeout'],
    [529, 'overloaded_error', 'overloaded'],
    // The word counts, also within a stream and with a status that says something else.
    [undefined, 'overloaded_error', 'overloaded'],
    [500, 'overloaded_error', 'overloaded'],
    [400, 'rate_limit_error', 'rate-limited'],
    [529, 'unheard_of', 'overloaded'],
    [undefined, 'unheard_of', 'unavailable'],
    [302, 'api_error', 'malformed-reply'],
  ])('means for %s %s: %s', (status, type, code) => {
    expect(codeOf(status, type)).toBe(code)
  })

  it.each([
    ['prompt is too long: 208310 tokens > 200000 maximum', 'context-length'],
    ['input length and `max_tokens` exceed context limit: 1 + 2 > 2', 'context-length'],
    ['Your credit balance is too low to access the Anthropic API.', 'quota'],
    ['Output blocked by content filtering policy', 'content-filter'],
    ['messages: roles must alternate', 'bad-request'],
  ])('tells by its message what an invalid request is: %s', (message, code) => {
    expect(codeOf(400, 'invalid_request_error', message)).toBe(code)
    expect(codeOf(429, 'rate_limit_error', message)).toBe('rate-limited')
  })

  it('says what the vendor said, without credentials', () => {
    const error = readAnthropicError({
      status: 429,
      body: {
        type: 'error',
        error: { type: 'rate_limit_error', message: 'the key waits', details: { error_code: 'too_fast' } },
      },
      retryAfterMs: 7000,
      rateLimits: { 'anthropic-ratelimit-requests-remaining': '0' },
      vendorRequestId: 'req_1',
      clean,
    })
    expect(error).toMatchObject({
      message: 'the vendor answered 429: the [secret] waits',
      retryAfterMs: 7000,
      details: {
        status: 429,
        type: 'rate_limit_error',
        code: 'too_fast',
        vendorRequestId: 'req_1',
        rateLimits: { 'anthropic-ratelimit-requests-remaining': '0' },
      },
    })
  })

  it.each([
    [{ error: 'down' }, 'down'],
    [{ message: 'down' }, 'down'],
    ['<html>down</html>', '<html>down</html>'],
    [undefined, undefined],
  ])('reads what servers beside the vendor answer: %j', (body, said) => {
    const { message, code } = readAnthropicError({ status: 502, body, clean })
    expect([code, message]).toEqual([
      'unavailable',
      `the vendor answered 502${said === undefined ? '' : `: ${said}`}`,
    ])
  })
})
