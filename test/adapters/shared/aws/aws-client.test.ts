import { inspect } from 'node:util'
import { isModelspineError, type ModelspineError, secretOf } from 'modelspine/adapter'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type AwsConnection, createAwsClient } from '../../../../adapters/shared/aws/aws-client.ts'
import { awsJsonRequest } from '../../../../adapters/shared/aws/aws-json.ts'
import type { AwsWords } from '../../../../adapters/shared/aws/aws-words.ts'
import type { AwsIdentity } from '../../../../adapters/shared/aws/credential-chain.ts'
import { unsignedPayload } from '../../../../adapters/shared/aws/sign-request.ts'
import type { AwsCredentials } from '../../../../adapters/shared/aws/signing-key.ts'
import { awsPath } from '../../../../adapters/shared/aws/uri-encoding.ts'
import type { VendorClient } from '../../../../adapters/shared/vendor-client.ts'
import { type AwsCall, type AwsReply, jsonError, keys, region, type SmallAws, smallAws } from './small-aws.ts'

const words: AwsWords = {
  vendor: 'SageMaker',
  owner: 'sagemakerTarget',
  unavailable: 'target-unavailable',
  refused: 'target-refused',
}
const forProviders: AwsWords = {
  ...words,
  unavailable: 'unavailable',
  throttled: 'rate-limited',
  refused: 'bad-request',
  oneAttempt: true,
}
const api = { targetPrefix: 'SageMaker', version: '1.1' } as const
const service = { endpointPrefix: 'api.sagemaker', signingName: 'sagemaker' } as const

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  ends = []
})

const ours = keys('ours', 'a/session+token==')

interface Scene {
  readonly aws: SmallAws
  readonly client: VendorClient
  readonly clock: FakeClock
}

interface SceneOptions {
  readonly known?: readonly AwsCredentials[]
  readonly connection?: AwsConnection
  readonly words?: AwsWords
  readonly rules?: 's3' | 'common'
  readonly aheadMs?: () => number
}

async function scene(
  replies: readonly AwsReply[] | ((call: AwsCall, place: number) => AwsReply),
  {
    known = [ours],
    connection = {},
    words: own = words,
    rules = 'common',
    aheadMs = () => 0,
  }: SceneOptions = {},
): Promise<Scene> {
  const clock = createFakeClock()
  const answer =
    typeof replies === 'function'
      ? replies
      : (_: AwsCall, place: number) => replies[place] ?? replies.at(-1) ?? {}
  const aws = await smallAws(answer, known, { rules, nowMs: () => clock.now() + aheadMs() })
  const { accessKeyId, secretAccessKey, sessionToken } = ours
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  const client = createAwsClient(
    { region, endpoint: aws.url, credentials, ...connection },
    { ...service, rules },
    own,
    clock,
  )
  ends.push(aws.close, client.close)
  return { aws, client, clock }
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    () => expect.unreachable('the call did not fail'),
    (error: ModelspineError) => error,
  )
}

function shownIn(error: unknown): string {
  return `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${(error as Error).stack}`
}

const describeEndpoint = awsJsonRequest(
  api,
  'DescribeEndpoint',
  { EndpointName: 'churn' },
  { repeatable: true },
)

function identityOf({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): AwsIdentity {
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken && { sessionToken: sessionToken.reveal() }),
  }
}

describe('a client of AWS', () => {
  it('sends calls in AWS JSON, signed so that the AWS SDK would have signed them the same', async () => {
    const { aws, client } = await scene([{ body: '{"EndpointName":"churn","new":1}' }])
    const answer = await client.read(z.object({ EndpointName: z.string() }), describeEndpoint)
    expect(answer).toEqual({ EndpointName: 'churn' })
    const [call] = aws.calls
    expect(call).toMatchObject({ method: 'POST', url: '/' })
    expect(call?.body.toString()).toBe('{"EndpointName":"churn"}')
    expect(call?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeEndpoint',
      'x-amz-security-token': 'a/session+token==',
    })
    expect(call?.headers.authorization).toContain(
      '/eu-west-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,',
    )
  })

  it('signs paths, queries, bytes and headers of its own and of the caller as they are sent', async () => {
    const { aws, client } = await scene([], { connection: { headers: { 'x-amz-own': ' a  b ' } } })
    await client.call({
      method: 'POST',
      path: awsPath`/endpoints/${"it's (mine)*/ä"}/invocations`,
      query: { 'a b': ['2 +', '1'], empty: '', none: undefined, n: 3 },
      headers: {
        'content-type': 'text/csv',
        authorization: 'Bearer mine',
        'x-amz-date': '20000101T000000Z',
        'x-amz-security-token': 'mine',
        'user-agent': 'me',
      },
      body: Buffer.from([0, 255, 10]),
    })
    const [call] = aws.calls
    expect(call?.url).toBe(
      '/endpoints/it%27s%20%28mine%29%2A%2F%C3%A4/invocations?a%20b=1&a%20b=2%20%2B&empty=&n=3',
    )
    expect(call?.body).toEqual(Buffer.from([0, 255, 10]))
    expect(call?.headers.authorization).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-own;')
  })

  it('signs as S3 wants it, with or without the body', async () => {
    const { aws, client } = await scene([], { rules: 's3' })
    const put = { method: 'PUT', path: '/bucket/a%20b/../c', body: 'text', headers: {} } as const
    await client.call(put)
    await client.call({ ...put, headers: { 'x-amz-content-sha256': unsignedPayload } })
    expect(aws.calls.map(({ headers }) => headers['x-amz-content-sha256'])).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      'UNSIGNED-PAYLOAD',
    ])
  })

  it('signs the path of an endpoint with the path of the call', async () => {
    const aws = await smallAws(() => ({}), [ours])
    const { accessKeyId, secretAccessKey, sessionToken } = ours
    const client = createAwsClient(
      {
        region,
        endpoint: `${aws.url}/under/here/`,
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
      },
      service,
      words,
    )
    ends.push(aws.close, client.close)
    await client.call(describeEndpoint)
    expect(aws.calls[0]?.url).toBe('/under/here/')
  })

  it('repeats a call that may be repeated, and no other', async () => {
    const { aws, client } = await scene([{ status: 503 }, {}, { status: 503 }, {}])
    await client.call(describeEndpoint)
    expect(aws.calls).toHaveLength(2)
    const create = awsJsonRequest(api, 'CreateModel', { ModelName: 'm' })
    expect(await failureOf(client.call(create))).toMatchObject({
      code: 'target-unavailable',
      retryable: true,
    })
    expect(aws.calls).toHaveLength(3)
  })

  it.each([
    ['ThrottlingException', 400, 'target-unavailable', true, 'rate-limited'],
    ['TooManyRequestsException', 429, 'target-unavailable', true, 'rate-limited'],
    ['InternalFailure', 500, 'target-unavailable', true, 'unavailable'],
    ['ServiceUnavailable', 503, 'target-unavailable', true, 'unavailable'],
    ['RequestTimeout', 400, 'target-unavailable', true, 'unavailable'],
    ['ValidationException', 400, 'target-refused', false, 'bad-request'],
    ['ResourceNotFound', 404, 'target-refused', false, 'bad-request'],
    ['AccessDeniedException', 400, 'auth', false, 'auth'],
    ['MissingAuthenticationTokenException', 403, 'auth', false, 'auth'],
  ])(
    'reads %s (%d) as %s, retryable: %s, and for a provider as %s',
    async (code, status, own, retryable, forOthers) => {
      const headers = { 'retry-after': '7', 'x-amzn-requestid': 'request-1' }
      const { client } = await scene([jsonError(status, code, 'the reason', headers)])
      const call = awsJsonRequest(api, 'CreateModel', {})
      expect(await failureOf(client.call(call))).toMatchObject({
        code: own,
        retryable,
        retryAfterMs: 7000,
        message: `SageMaker: ${code}: the reason`,
        details: { status, reason: code, requestId: 'request-1' },
      })
      const { client: other } = await scene([jsonError(status, code, 'the reason')], { words: forProviders })
      expect(await failureOf(other.call(call))).toMatchObject({ code: forOthers, retryable })
    },
  )

  it.each([
    [{ headers: { 'x-amzn-errortype': 'ModelError:http://internal/' }, body: '{"Message":"it broke"}' }],
    [{ body: '{"__type":"aws.x#ModelError","message":"it broke"}' }],
    [{ body: '{"code":"ModelError","message":"it broke"}' }],
    [{ body: '<?xml version="1.0"?>\n<Error><Code>ModelError</Code><Message>it broke</Message></Error>' }],
  ])('finds the error in %j', async (reply) => {
    const { client } = await scene([{ status: 424, ...reply }])
    expect(await failureOf(client.call({ method: 'POST', path: '/' }))).toMatchObject({
      message: 'SageMaker: ModelError: it broke',
      details: { reason: 'ModelError', status: 424 },
    })
  })

  it('lets the adapter say what an error means', async () => {
    const own: AwsWords = {
      ...words,
      meaning: ({ code }, message) =>
        code === 'ResourceNotFound' ? { code: 'model-not-found', message } : undefined,
    }
    const replies = [jsonError(400, 'ResourceNotFound', 'gone'), jsonError(400, 'ValidationException', 'no')]
    const { client } = await scene(replies, { words: own })
    const create = awsJsonRequest(api, 'CreateModel', {})
    expect(await failureOf(client.call(create))).toMatchObject({
      code: 'model-not-found',
      message: 'SageMaker: ResourceNotFound: gone',
      details: { reason: 'ResourceNotFound' },
    })
    expect((await failureOf(client.call(create))).code).toBe('target-refused')
  })

  it('takes a page of a proxy for what its status says', async () => {
    const { client } = await scene([
      { status: 404, body: '<html>not here' },
      { status: 502, body: 'busy' },
    ])
    const create = awsJsonRequest(api, 'CreateModel', {})
    expect(await failureOf(client.call(create))).toMatchObject({
      code: 'target-unavailable',
      retryable: false,
    })
    expect(await failureOf(client.call(create))).toMatchObject({
      code: 'target-unavailable',
      retryable: true,
    })
  })

  it('keeps the codes of the HTTP client for a provider', async () => {
    const { aws, client } = await scene([], { words: forProviders })
    await aws.close()
    for (let times = 0; times < 2; times += 1) {
      expect(await failureOf(client.call(describeEndpoint))).toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('refused'),
      })
    }
    const { client: odd } = await scene([{ body: 'no JSON' }], { words: forProviders })
    expect(await failureOf(odd.read(z.object({}), describeEndpoint))).toMatchObject({
      code: 'malformed-reply',
    })
  })
})

describe('the clock of a client of AWS', () => {
  it.each([1, -1])('is set by the vendor’s after a refusal, once, and stays so (%d hours)', async (hours) => {
    const { aws, client } = await scene([], { aheadMs: () => hours * 3_600_000 })
    await client.call(describeEndpoint)
    expect(aws.calls).toHaveLength(2)
    await client.call(describeEndpoint)
    expect(aws.calls).toHaveLength(3)
  })

  it('is set again when this machine’s own clock was mended', async () => {
    let aheadMs = 3_600_000
    const { aws, client } = await scene([], { aheadMs: () => aheadMs })
    await client.call(describeEndpoint)
    aheadMs = 0
    await client.call(describeEndpoint)
    expect(aws.calls).toHaveLength(4)
  })

  it('is set only once for a call that is refused again', async () => {
    let hours = 0
    const aheadMs = (): number => {
      hours += 1
      return hours * 3_600_000
    }
    const { aws, client } = await scene([], { aheadMs })
    expect(await failureOf(client.call(describeEndpoint))).toMatchObject({ code: 'auth', retryable: false })
    expect(aws.calls).toHaveLength(2)
  })

  it('is no reason where it agrees with the vendor’s: a wrong secret is told at once', async () => {
    const { aws, client } = await scene([], { known: [{ ...ours, secretAccessKey: secretOf('another') }] })
    expect(await failureOf(client.call(describeEndpoint))).toMatchObject({
      code: 'auth',
      details: { reason: 'InvalidSignatureException' },
    })
    expect(aws.calls).toHaveLength(1)
  })

  it('tells from then on when credentials expire', async () => {
    let looks = 0
    const credentials = async (): Promise<AwsIdentity> => {
      looks += 1
      return { ...identityOf(ours), expiration: new Date(Date.UTC(2026, 0, 1, 3)) }
    }
    // It is midnight here, and two o'clock at AWS.
    const { client, clock } = await scene([], { connection: { credentials }, aheadMs: () => 2 * 3_600_000 })
    await client.call(describeEndpoint)
    expect(looks).toBe(1)
    await clock.advance(56 * 60_000)
    await client.call(describeEndpoint)
    expect(looks).toBe(2)
  })

  it('is set for a stream too', async () => {
    const { aws, client } = await scene([{ body: 'bytes' }], { aheadMs: () => 3_600_000 })
    const { chunks } = await client.stream(describeEndpoint)
    let text = ''
    for await (const chunk of chunks) text += Buffer.from(chunk).toString()
    expect(text).toBe('bytes')
    expect(aws.calls).toHaveLength(2)
  })
})

describe('the credentials of a client of AWS', () => {
  it('are looked up anew when AWS refuses them, and the call is sent again, once', async () => {
    const fresh = keys('fresh')
    const asked: unknown[] = []
    const provider = async (options?: object): Promise<AwsIdentity> => {
      asked.push(options)
      return identityOf(asked.length === 1 ? keys('old') : fresh)
    }
    const { aws, client } = await scene([], { known: [fresh], connection: { credentials: provider } })
    await client.call(describeEndpoint)
    await client.call(describeEndpoint)
    expect(aws.calls).toHaveLength(3)
    expect(asked).toEqual([undefined, { forceRefresh: true }])
  })

  it.each(['ExpiredTokenException', 'ExpiredToken', 'InvalidClientTokenId', 'InvalidAccessKeyId'])(
    'are looked up anew after %s, once for calls at the same time, and the second refusal is the answer',
    async (code) => {
      let looks = 0
      const provider = async (): Promise<AwsIdentity> => {
        looks += 1
        return identityOf(keys(`number${looks}`))
      }
      const known = [1, 2, 3].map((number) => keys(`number${number}`))
      const { aws, client } = await scene([jsonError(403, code, 'over')], {
        known,
        connection: { credentials: provider },
      })
      const errors = await Promise.all([1, 2, 3].map(() => failureOf(client.call(describeEndpoint))))
      expect(errors.map((error) => error.code)).toEqual(['auth', 'auth', 'auth'])
      expect(aws.calls).toHaveLength(6)
      expect(looks).toBe(2)
    },
  )

  it('are not sent again where there are no others', async () => {
    const { aws, client } = await scene([], { known: [] })
    expect((await failureOf(client.call(describeEndpoint))).code).toBe('auth')
    expect(aws.calls).toHaveLength(1)
    const { aws: second, client: other } = await scene([], {
      known: [],
      connection: { credentials: async () => identityOf(ours) },
    })
    expect((await failureOf(other.call(describeEndpoint))).code).toBe('auth')
    expect(second.calls).toHaveLength(1)
  })

  it('of a secret store are read before each request, and once more when they are refused', async () => {
    const old = keys('old')
    const fresh = keys('fresh')
    let now = old
    const credentials = {
      accessKeyId: () => secretOf(now.accessKeyId),
      secretAccessKey: async () => now.secretAccessKey,
    }
    const known = [old]
    const { aws, client } = await scene(
      (_, place) => {
        if (place !== 1) return {}
        now = fresh
        known.splice(0, 1, fresh)
        return jsonError(400, 'ExpiredToken', 'over')
      },
      { known, connection: { credentials } },
    )
    await client.call(describeEndpoint)
    await client.call(describeEndpoint)
    expect(aws.calls.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1])).toEqual(
      ['AKIAOLD', 'AKIAOLD', 'AKIAFRESH'],
    )
  })

  it('and the clock are both mended in one call', async () => {
    const fresh = keys('fresh')
    const found = [ours, fresh]
    const credentials = async (): Promise<AwsIdentity> => identityOf(found.shift() ?? fresh)
    const { aws, client } = await scene(
      (call) =>
        call.headers.authorization?.includes('AKIAFRESH') ? {} : jsonError(400, 'ExpiredToken', 'over'),
      { known: [ours, fresh], connection: { credentials }, aheadMs: () => 7_200_000 },
    )
    await client.call(describeEndpoint)
    expect(aws.calls).toHaveLength(3)
  })

  it('appear in no error, whatever AWS quotes', async () => {
    const echo = (call: AwsCall): AwsReply =>
      jsonError(
        400,
        'ValidationException',
        `${call.headers.authorization} ${call.headers['x-amz-security-token']} ${ours.secretAccessKey.reveal()} ${ours.accessKeyId}`,
      )
    const { aws, client } = await scene(echo)
    const errors = [
      await failureOf(client.call(awsJsonRequest(api, 'CreateModel', {}))),
      await failureOf(client.stream(describeEndpoint)),
    ]
    const signatures = aws.calls.map(({ headers }) => headers.authorization?.split('Signature=')[1])
    const secrets = [
      ...signatures,
      ours.accessKeyId,
      ours.secretAccessKey.reveal(),
      ours.sessionToken?.reveal(),
    ]
    expect(signatures).toHaveLength(2)
    for (const error of errors) {
      expect(isModelspineError(error, 'target-refused')).toBe(true)
      for (const secret of secrets) expect(shownIn(error)).not.toContain(secret)
    }
  })
})

describe('the options of a client of AWS', () => {
  it.each([
    ['endpoint', { region, endpoint: 'no url' }],
    ['endpoint', { region, endpoint: 'ftp://host' }],
    ['endpoint', { region: 'us-iso-east-1' }],
    ['region', { region: 'eu-west-1.evil.com/' }],
  ])('are refused with the name of the field: %s', (field, connection) => {
    expect(() => createAwsClient(connection, service, words)).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        details: { field },
        message: expect.stringMatching(`^${field} `),
      }),
    )
  })
})
