import { describe, expect, it } from 'vitest'
import { scrub, scrubStart, secretsOf } from '../../../src/http/scrub.ts'
import { secretOf } from '../../../src/security/secret.ts'

describe('scrub', () => {
  it.each([
    ['Bearer abcdef0123', 'Bearer [secret]'],
    ['connect to http://me:pw@host/x failed', 'connect to http://[secret]@host/x failed'],
    ['GET /x?page=2&api_key=abc&x=1', 'GET /x?page=2&api_key=[secret]&x=1'],
    ['/x?q=a?token=abc', '/x?q=a?token=[secret]'],
    ['/x?Secret-Thing=a?b&y', '/x?Secret-Thing=[secret]&y'],
    ['https://h/p?sig=AA%2FA&se=1', 'https://h/p?sig=[secret]&se=1'],
    ['/p?X-Amz-Signature=ab&X-Amz-Date=1', '/p?X-Amz-Signature=[secret]&X-Amz-Date=1'],
    ['/p?AWSAccessKeyId=A&Signature=z%3D', '/p?AWSAccessKeyId=[secret]&Signature=[secret]'],
    ['/p?X-Goog-Signature=ab"', '/p?X-Goog-Signature=[secret]"'],
    ['/v1:generate?key=abc&alt=sse', '/v1:generate?key=[secret]&alt=sse'],
    ['/api/run?code=abc==', '/api/run?code=[secret]'],
    ['?next=https%3A%2F%2Fh%3Fsig%3DAA%26a%3D1', '?next=https%3A%2F%2Fh%3Fsig%3D[secret]%26a%3D1'],
    ['?next=https%3a%2f%2fh%3fa%3d1%26token%3dAA', '?next=https%3a%2f%2fh%3fa%3d1%26token%3d[secret]'],
    [
      String.raw`{"url":"h?a=1\u0026sig=AA\u0026b=2"}`,
      String.raw`{"url":"h?a=1\u0026sig=[secret]\u0026b=2"}`,
    ],
    ['x-api-key: abc, accept: b', 'x-api-key: [secret], accept: b'],
    ['Ocp-Apim-Subscription-Key: abc', 'Ocp-Apim-Subscription-Key: [secret]'],
    ['{"api_key":"abc","a":"b"}', '{"api_key":"[secret]","a":"b"}'],
    ['authorization: abc', 'authorization: [secret]'],
    ['Incorrect API key provided: sk-proj-0123456789abcDEF.', 'Incorrect API key provided: [secret].'],
    ['no access for AKIAIOSFODNN7EXAMPLE', 'no access for [secret]'],
    ['the token eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl expired', 'the token [secret] expired'],
    [
      'no model hf-internal-testing/tiny-2, sk-learn-iris-classifier-v2',
      'no model hf-internal-testing/tiny-2, sk-learn-iris-classifier-v2',
    ],
    ['the key of the cache: too long, see sk-learn', 'the key of the cache: too long, see sk-learn'],
  ])('takes the credentials out of %j', (text, clean) => {
    expect(scrub(text)).toBe(clean)
  })

  it('takes a Secret as well as its text', () => {
    expect(scrub('no entry for open-5e11 and for shut-5e11', [secretOf('open-5e11'), 'shut-5e11'])).toBe(
      'no entry for [secret] and for [secret]',
    )
  })

  // With quadratic time, a text of 100 times the length would take 10,000 times as long, which is minutes.
  it.each(['a', '?', '?key', '&', '://', 'a://b', 'Bearer ', 'api-', 'sk-', 'eyJ', 'api_key:', '%3Fsig%3D'])(
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
    const others = ['ocp-apim-subscription-key', 'x-functions-key', 'x-goog-api-key', 'api-key', 'x-auth']
    expect(secretsOf(Object.fromEntries(others.map((name) => [name, name])))).toEqual(others)
  })
})

describe('scrubStart', () => {
  const keyOf = (length: number): string =>
    Array.from(
      { length },
      (_, at) => 'abcdefghijklmnopqrstuvwxyz0123456789/+'[(at * 7 + (at >> 5)) % 38],
    ).join('')

  it.each([
    [40, 1],
    [2500, 4],
    [9000, 1],
    [9000, 300],
  ])('shows no beginning of a key of %i characters that a text repeats %i times', (length, times) => {
    const key = keyOf(length)
    for (const spelled of [key, encodeURIComponent(key), encodeURIComponent(key).toLowerCase()]) {
      for (const before of [0, 990, 7990, 8990]) {
        const words = 'word '.repeat(before / 5)
        const shown = scrubStart(`${words}${`${spelled} `.repeat(times)}`, 1000, [key])
        expect(shown).toBe(`${words}${'[secret] '.repeat(times)}`.slice(0, 1000))
      }
    }
  })

  it.each([
    ['a word after Bearer', (key: string) => `Bearer ${key}`, 'Bearer [secret]'],
    ['a query', (key: string) => `/x?token=${key}`, '/x?token=[secret]'],
    ['an address', (key: string) => `https://ann:${key}@host`, 'https://'],
  ])('shows no beginning of an unknown credential in %s that is longer than what is read', (_, of, clean) => {
    expect(scrubStart(of('k'.repeat(20_000)), 200)).toBe(clean)
  })

  it('leaves an address with a port at the end', () => {
    expect(scrubStart('no answer of http://host:80', 200)).toBe('no answer of http://host:80')
  })

  it('takes no longer for a longer text', () => {
    // The time of this thread: others may have the processor meanwhile.
    const timed = (length: number): number => {
      const text = 'a'.repeat(length)
      const before = process.threadCpuUsage()
      for (let each = 0; each < 20; each += 1) scrubStart(text, 500, ['abcdefgh', 'aaaab'])
      const { user, system } = process.threadCpuUsage(before)
      return (user + system) / 1000
    }
    timed(10_000)
    expect(timed(50_000_000)).toBeLessThan(500)
  })
})
