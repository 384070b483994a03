import fc from 'fast-check'
import { secretOf } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { signRequest } from '../../../../adapters/shared/aws/sign-request.ts'
import { type AwsCredentials, signingKey } from '../../../../adapters/shared/aws/signing-key.ts'
import { awsPath, decodedQuery, encodedQuery } from '../../../../adapters/shared/aws/uri-encoding.ts'
import { signedBySdk } from './sdk-signer.ts'

/** The credentials and the time of AWS's own test suite, `aws-sig-v4-test-suite`. */
const published: AwsCredentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: secretOf('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
}
const publishedMs = Date.UTC(2015, 7, 30, 12, 36)

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const word = fc.string({ unit: 'grapheme-ascii', maxLength: 12 })
const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/)
const someNames = ['a', 'A', 'a-b', 'a.b', '', 'X-Amz-Signature', 'ä'] as const
/** The SDK loses a parameter of this name, because it keeps the query in an object. */
const name = fc.oneof(fc.constantFrom(...someNames), text).filter((each) => each !== '__proto__')
const pairs = fc.array(fc.tuple(name, text), { maxLength: 6 })
const headers = fc
  .dictionary(
    fc.oneof(token, fc.constantFrom('user-agent', 'sec-x', 'proxy-x', 'content-type', 'expect', 'date')),
    fc.oneof(word, fc.constantFrom('', '  two   spaces ', 'a\tb', 'line\r\n  two')),
    { maxKeys: 5 },
  )
  .map((given) => ({ ...given }))
const credentials = fc.record({
  accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,20}$/),
  secretAccessKey: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 }).map(secretOf),
  sessionToken: fc.option(fc.base64String({ minLength: 4, maxLength: 60 }).map(secretOf), { nil: undefined }),
})
const paths = fc.oneof(
  fc
    .array(fc.oneof(text, fc.constantFrom('.', '..', '', '%2F', "!'()*")), { maxLength: 5 })
    .map((segments) => {
      const encoded = segments.map((segment) => encodeURIComponent(segment))
      return `/${encoded.join('/')}`
    }),
  fc.constantFrom('/', '//', '/a/', '/a/../b/./c//', '/../..'),
)
const call = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
  host: fc.constantFrom('api.sagemaker.eu-west-1.amazonaws.com', '127.0.0.1:5000'),
  path: paths,
  query: pairs,
  headers,
  body: fc.option(fc.oneof(text, fc.uint8Array({ maxLength: 40 })), { nil: undefined }),
  payload: fc.constantFrom('signed', 'UNSIGNED-PAYLOAD', 'ab12'),
  credentials,
  region: fc.constantFrom('us-east-1', 'cn-north-1'),
  service: fc.constantFrom('sagemaker', 'bedrock', 's3'),
  rules: fc.constantFrom('s3' as const, 'common' as const),
  date: fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
  offsetMs: fc.integer({ min: -1e8, max: 1e8 }),
})

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

describe('a signature', () => {
  it('is the same, byte for byte, as that of the AWS SDK', async () => {
    await fc.assert(
      fc.asyncProperty(call, async ({ payload, offsetMs, ...given }) => {
        const all: Record<string, string> = { ...given.headers, host: given.host }
        if (payload !== 'signed') all['x-amz-content-sha256'] = payload
        const ours = signRequest(
          { ...given, headers: all },
          { ...given, nowMs: given.date.getTime() - offsetMs, clockOffsetMs: offsetMs },
        )
        const theirs = await signedBySdk({ ...given, headers: all })
        const { date: _, ...sent } = lowerCase(all)
        expect({ ...sent, ...ours }).toEqual(lowerCase(theirs))
      }),
      { numRuns: 400 },
    )
  })

  // In https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html and the suite.
  it.each([
    {
      name: 'ListUsers of IAM',
      service: 'iam',
      host: 'iam.amazonaws.com',
      query: [
        ['Version', '2010-05-08'],
        ['Action', 'ListUsers'],
      ],
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      signed: 'content-type;host;x-amz-date',
      signature: '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    },
    {
      name: 'get-vanilla of the suite',
      service: 'service',
      host: 'example.amazonaws.com',
      query: [],
      headers: {},
      signed: 'host;x-amz-date',
      signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    },
    {
      name: 'get-vanilla-query-order-key-case of the suite',
      service: 'service',
      host: 'example.amazonaws.com',
      query: [
        ['Param2', 'value2'],
        ['Param1', 'value1'],
      ],
      headers: {},
      signed: 'host;x-amz-date',
      signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    },
  ] as const)(
    'is the one that AWS published: $name',
    ({ service, host, query, headers, signed, signature }) => {
      expect(
        signRequest(
          { method: 'GET', path: '/', query, headers: { host, ...headers } },
          { credentials: published, region: 'us-east-1', service, nowMs: publishedMs },
        ),
      ).toEqual({
        'x-amz-date': '20150830T123600Z',
        authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request, SignedHeaders=${signed}, Signature=${signature}`,
      })
    },
  )

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  it('is the one that AWS published for GET Object of S3', () => {
    const { authorization } = signRequest(
      {
        method: 'GET',
        path: '/test.txt',
        headers: { host: 'examplebucket.s3.amazonaws.com', range: 'bytes=0-9' },
      },
      {
        credentials: {
          accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
          secretAccessKey: secretOf('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
        },
        region: 'us-east-1',
        service: 's3',
        rules: 's3',
        nowMs: Date.UTC(2013, 4, 24),
      },
    )
    expect(authorization).toMatch(
      /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
    )
  })

  it('uses the key that AWS published for deriving', () => {
    expect(signingKey(published, '20150830/us-east-1/iam/aws4_request').export().toString('hex')).toBe(
      'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
    )
  })
})

describe('a path of AWS', () => {
  it('has each name as one segment, with all its characters', () => {
    expect(awsPath`/model/${'arn:aws:x/y'}/invoke`).toBe('/model/arn%3Aaws%3Ax%2Fy/invoke')
    expect(awsPath`/${"a!'()*b"}`).toBe('/a%21%27%28%29%2Ab')
  })

  it.each(['', '.', '..'])('refuses the name "%s", which servers take away', (name) => {
    expect(() => awsPath`/endpoints/${name}/invocations`).toThrow(/cannot be a part/)
  })
})

describe('an encoded query', () => {
  it('is read back as the same pairs', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const encoded = encodedQuery(given)
        expect(encodedQuery(decodedQuery(encoded))).toBe(encoded)
        const sorted = (list: readonly (readonly [string, string])[]): readonly string[] =>
          list.map((pair) => JSON.stringify(pair)).sort()
        expect(sorted(decodedQuery(encoded))).toEqual(sorted(given))
      }),
    )
  })

  it('has each character that is not a letter, a digit or one of -._~ as an escape', () => {
    expect(encodedQuery([['a b', "-._~!'()*+/"]])).toBe('a%20b=-._~%21%27%28%29%2A%2B%2F')
  })
})

describe('a signing key', () => {
  it('is made once for a day, region and service, and never kept for more than sixteen of them', () => {
    const own: AwsCredentials = { ...published }
    const first = signingKey(own, '20260101/r/s/aws4_request')
    expect(signingKey(own, '20260101/r/s/aws4_request')).toBe(first)
    expect(signingKey({ ...own }, '20260101/r/s/aws4_request')).not.toBe(first)
    for (let day = 2; day <= 17; day += 1) signingKey(own, `202601${day}/r/s/aws4_request`)
    const again = signingKey(own, '20260101/r/s/aws4_request')
    expect(again).not.toBe(first)
    expect(again.equals(first)).toBe(true)
  })
})
