import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../src/errors.ts'
import { scrubError, scrubSecrets } from '../../../src/security/scrub-secrets.ts'
import { secretOf } from '../../../src/security/secret.ts'

const value = 'p@ss/w"rd+1'
const secrets = [secretOf(value)]

describe('scrubbing', () => {
  it.each([
    ['as it is', value],
    ['percent-encoded', encodeURIComponent(value)],
    [
      'percent-encoded with small letters',
      encodeURIComponent(value).replace(/%../g, (hex) => hex.toLowerCase()),
    ],
    ['percent-encoded with letters of both kinds', encodeURIComponent(value).replace('%2F', '%2f')],
    ['as a form writes it', encodeURIComponent(value).replaceAll('%20', '+')],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(value))],
    [
      'percent-encoded twice, in small letters',
      encodeURIComponent(encodeURIComponent(value)).replaceAll('%252F', '%252f'),
    ],
    ['in base64', Buffer.from(value).toString('base64')],
    ['in base64url', Buffer.from(value).toString('base64url')],
    ['in JSON', JSON.stringify(value).slice(1, -1)],
  ])('finds a secret %s', (_, spelled) => {
    expect(scrubSecrets(`sent ${spelled} twice: ${spelled}.`, secrets)).toBe('sent [secret] twice: [secret].')
  })

  it('takes other characters as they are, and only the escapes in both cases', () => {
    expect(scrubSecrets('a.b%2fc a.b%2Fc axb%2fc A.b%2fc', ['a.b/c'])).toBe(
      '[secret] [secret] axb%2fc A.b%2fc',
    )
  })

  it('replaces the longer of two secrets first', () => {
    expect(scrubSecrets('a: abcdef', ['abc', secretOf('abcdef'), ''])).toBe('a: [secret]')
  })

  it('cleans an error, all its causes and all their fields', () => {
    const vendor = Object.assign(new TypeError(`bad header ${value}`), {
      code: 'ERR_HEADER',
      config: { headers: { authorization: `Bearer ${value}` }, list: [value, new Map([[value, value]])] },
    })
    const error = new ModelspineError('auth', `refused ${value}`, {
      cause: new AggregateError([vendor, value], `all failed with ${value}`),
      details: { header: value, bytes: Buffer.from(value) },
      retryAfterMs: 5,
      retryable: true,
    })
    const clean = scrubError(error, secrets) as ModelspineError
    for (const text of [
      inspect(clean, { depth: 20, showHidden: true }),
      clean.stack,
      JSON.stringify(clean),
    ]) {
      expect(text).not.toContain(value)
    }
    expect(clean).toBeInstanceOf(ModelspineError)
    expect(clean).toMatchObject({
      code: 'auth',
      retryable: true,
      retryAfterMs: 5,
      message: 'refused [secret]',
    })
    expect(clean.details).toEqual({ header: '[secret]', bytes: '[bytes]' })
    const [first, second] = (clean.cause as AggregateError).errors
    expect(first).toBeInstanceOf(TypeError)
    expect(first).toMatchObject({ code: 'ERR_HEADER', message: 'bad header [secret]' })
    expect(second).toBe('[secret]')
  })

  it('leaves the original unchanged, and handles an error that is its own cause', () => {
    const error = new Error(value)
    error.cause = error
    const clean = scrubError(error, secrets) as Error
    expect(clean.cause).toBe(clean)
    expect(clean.message).toBe('[secret]')
    expect(error.message).toBe(value)
  })

  it('keeps the stack of an error without a secret', () => {
    const error = new Error('plain')
    expect((scrubError(error, secrets) as Error).stack).toBe(error.stack)
  })

  it('leaves no secret in any text', () => {
    const secret = fc.string({ minLength: 1 }).filter((text) => !'[secret]'.includes(text))
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (hidden, before, after) => {
        expect(
          scrubSecrets(before + hidden + after, [hidden]).replaceAll('[secret]', '\u0000'),
        ).not.toContain(hidden)
      }),
    )
  })
})
