import { describe, expect, it } from 'vitest'
import { scrub, secretsOf } from '../../../src/http/scrub.ts'

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

  // Quadratic in any of these, a hundred times as much would take ten thousand times as long: minutes.
  it.each(['a', '?', '?key', '&', '://', 'a://b', 'Bearer '])(
    'takes time in proportion to a text of nothing but %j',
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

  it('knows which headers hold credentials, and what follows their scheme', () => {
    expect(secretsOf({ authorization: 'Bearer abc', 'x-api-key': 'k', accept: 'text/plain' })).toEqual([
      'Bearer abc',
      'abc',
      'k',
    ])
  })
})
