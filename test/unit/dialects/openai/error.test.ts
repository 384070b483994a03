import { describe, expect, it } from 'vitest'
import { readOpenaiError } from '../../../../src/dialects/openai/error.ts'
import { scrubStart } from '../../../../src/http/scrub.ts'

const clean = (text: string, longest: number): string => text.slice(0, longest)

describe('readOpenaiError', () => {
  it.each([
    [429, { type: 'tokens', code: 'rate_limit_exceeded' }, 'rate-limited'],
    [429, { type: 'insufficient_quota', code: 'insufficient_quota' }, 'quota'],
    [402, {}, 'quota'],
    [401, { code: 'invalid_api_key' }, 'auth'],
    [403, {}, 'auth'],
    [403, { code: 'model_not_found' }, 'not-found'],
    [404, { code: 'model_not_found' }, 'not-found'],
    [404, 'page not found', 'not-found'],
    [400, { code: 'context_length_exceeded' }, 'context-length'],
    [400, { message: "This model's maximum context length is 8192 tokens" }, 'context-length'],
    [400, { code: 400, message: 'the request exceeds the available context size' }, 'context-length'],
    [413, {}, 'context-length'],
    [400, { code: 'content_filter' }, 'content-filter'],
    [400, { code: 'content_policy_violation' }, 'content-filter'],
    [400, { type: 'invalid_request_error' }, 'bad-request'],
    [422, { message: 'unprocessable' }, 'bad-request'],
    [418, {}, 'bad-request'],
    [405, {}, 'unsupported'],
    [501, {}, 'unsupported'],
    [408, {}, 'timeout'],
    [504, {}, 'timeout'],
    [500, { type: 'server_error' }, 'unavailable'],
    [502, '<html>bad gateway</html>', 'unavailable'],
    [503, {}, 'overloaded'],
    [503, { type: 'unavailable_error', message: 'Loading model' }, 'not-ready'],
    [529, { type: 'overloaded_error' }, 'overloaded'],
    [500, { type: 'overloaded_error' }, 'overloaded'],
    [599, {}, 'unavailable'],
    [undefined, { type: 'server_error' }, 'unavailable'],
    [undefined, { code: 429 }, 'rate-limited'],
    [undefined, { code: 'context_length_exceeded' }, 'context-length'],
    [undefined, { code: 'constructor', type: '__proto__' }, 'unavailable'],
    [undefined, { code: 'invalid_prompt' }, 'bad-request'],
    [undefined, { code: 'bio_policy' }, 'content-filter'],
    [undefined, { code: 'invalid_image_url' }, 'bad-request'],
    [302, {}, 'malformed-reply'],
    [204, '', 'malformed-reply'],
    [undefined, {}, 'unavailable'],
  ])('reads status %o with the error %j as %s', (status, error, code) => {
    const body = typeof error === 'string' ? error : { error }
    expect(readOpenaiError({ ...(status === undefined ? {} : { status }), body, clean }).code).toBe(code)
  })

  it.each([
    [{ error: 'plain text' }, 'the vendor answered 400: plain text'],
    [{ detail: 'from FastAPI' }, 'the vendor answered 400: from FastAPI'],
    [{ message: 'top level' }, 'the vendor answered 400: top level'],
    [null, 'the vendor answered 400'],
  ])('finds the message in %j', (body, message) => {
    expect(readOpenaiError({ status: 400, body, clean }).message).toBe(message)
  })

  it('gives the cleaned words of the vendor, with the wait', () => {
    const error = { message: 'bad sk-1', type: 't sk-1', code: 'c sk-1', param: `sk-1 ${'p'.repeat(500)}` }
    const clean = (text: string, longest: number): string => text.replaceAll('sk-1', '*').slice(0, longest)
    expect(readOpenaiError({ status: 429, body: { error }, retryAfterMs: 5, clean })).toMatchObject({
      message: 'the vendor answered 429: bad *',
      retryAfterMs: 5,
      details: { status: 429, type: 't *', code: 'c *', field: `* ${'p'.repeat(198)}` },
    })
  })

  it('shows no beginning of a key that crosses the end of what is shown', () => {
    const key = 'abcdefghij'.repeat(250)
    const said = `bad ${`${key} `.repeat(4)}`
    const error = { message: said, type: said, code: said, param: said }
    const clean = (text: string, longest: number): string => scrubStart(text, longest, [key])
    const { message, details } = readOpenaiError({ status: 401, body: { error }, clean })
    const shown = 'bad [secret] [secret] [secret] [secret] '
    expect(message).toBe(`the vendor answered 401: ${shown}`)
    expect(details).toEqual({ status: 401, type: shown, code: shown, field: shown })
  })
})
