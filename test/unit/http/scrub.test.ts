import { describe, expect, it } from 'vitest'
import { scrub, secretsOf } from '../../../src/http/scrub.ts'
import { secretOf } from '../../../src/security/secret.ts'

describe('scrub', () => {
  it.each([
    ['Bearer abcdef0123', 'Bearer [secret]'],
    ['connect to http://me:pw@host/x failed', 'connect to http://[secret]@host/x failed'],
    ['GET /x?page=2&api_key=abc&x=1', 'GET /x?page=2&api_key=[secret]&x=1'],
    ['/x?q=a?token=abc', '/x?q=a?token=[secret]'],
    ['/x?Secret-Thing=a?b&y', '/x?Secret-Thing=[secret]&y'],
  ])('takes the credentials out of %j', (text, clean) => {
    expect(scrub(text)).toBe(clean)
  })

  it('takes a Secret as well as its text', () => {
    expect(scrub('no entry for open-5e11 and for shut-5e11', [secretOf('open-5e11'), 'shut-5e11'])).toBe(
      'no entry for [secret] and for [secret]',
    )
  })

  // With quadratic time, a text of 100 times the length would take 10,000 times as long, which is minutes.
  it.each(['a', '?', '?key', '&', '://', 'a://b', 'Bearer '])(
    'takes time in proportion to the length of a text that only repeats %j',
    (piece) => {
      const timed = (length: number): number => {
        const text = piece.repeat(length / piece.length)
        const began = performance.now()
        scrub(text)
        return performance.now() - began
      }
      timed(10_000)
      expect(timed(1_000_000)).toBeLessThan(2000)
    },
  )

  it('knows which headers hold credentials, and finds the credential after its scheme', () => {
    expect(secretsOf({ authorization: 'Bearer abc', 'x-api-key': 'k', accept: 'text/plain' })).toEqual([
      'Bearer abc',
      'abc',
      'k',
    ])
  })
})
