import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deployment, route } from '../../routing/scenario.ts'
import { type GatewayWorld, gatewayWorld, type Upstream, upstream, type Way } from '../gateway-world.ts'
import { notHere, officialSchemas } from '../official.ts'

const json = { 'content-type': 'application/json' }
const outputs = [{ name: 'label', datatype: 'INT64', shape: [1], data: [7] }]
const payload = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [0.5] }] })

let server: Upstream
let world: GatewayWorld

const post = (
  body: string | Buffer<ArrayBuffer> = payload,
  headers: Record<string, string> = {},
): RequestInit => ({
  method: 'POST',
  headers: { ...json, ...headers },
  body,
})

beforeAll(async () => {
  server = await upstream((body, response, request) => {
    const split = request.headers['inference-header-content-length']
    if (body.includes('refuse')) {
      response.writeHead(429, { ...json, 'retry-after': '3' }).end('{"error":"slow down"}')
    } else if (split === undefined) {
      response.writeHead(200, json).end(JSON.stringify({ model_name: 'churn', outputs }))
    } else {
      const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': split }
      response.writeHead(200, headers).end(body)
    }
  })
  const endpoints = [
    { revision: 'r1', target: 'local', endpoint: { protocol: 'open-inference', address: server.url } },
  ]
  const churn = { deployment: 'default/churn', weight: 1 }
  world = await gatewayWorld(
    {
      routes: [
        route([churn], {}, { name: 'churn' }),
        route([churn], {}, { name: 'churn', namespace: 'risk' }),
        route([churn], { names: ['org/Model-8B', 'o3:latest', 'org/infer'] }, { name: 'named' }),
        route([{ deployment: 'nowhere', weight: 1 }], {}, { name: 'unready' }),
        route([churn], { operations: ['chat'] }, { name: 'talk' }),
      ],
      deployments: [deployment('churn', { r1: 100 }, { endpoints })],
    },
    {
      maxBodyBytes: 10_000,
      policy: {
        decide: ({ actor }) => ({
          verdict: actor.name === 'mallory' ? 'deny' : 'allow',
          findings: [],
          obligations: [],
          policyRevision: '',
          inputDigest: '',
        }),
      },
      authenticate: ({ authorization }) => {
        if (authorization === 'Bearer late') return Promise.resolve({ name: 'late' })
        // A hook without types may give these answers for an unknown caller.
        if (authorization === 'Bearer false') return false as never
        if (authorization === 'Bearer undefined') return undefined as never
        if (authorization === 'Bearer foreign') return runInNewContext('Promise.resolve(null)')
        return authorization === 'Bearer nobody' ? null : { name: String(authorization ?? 'anybody') }
      },
    },
  )
})
afterAll(async () => {
  await world.close()
  await server.close()
})

describe.each(['node', 'fetch'] as const)('Open Inference over the %s handler', (name) => {
  const ask: Way['ask'] = (path, init) => {
    const way = world.ways.find((each) => each.name === name)
    if (way === undefined) throw new Error(`there is no way ${name}`)
    return way.ask(path, init)
  }
  const answer = async (path: string, init?: RequestInit): Promise<[number, unknown]> => {
    const response = await ask(path, init)
    return [response.status, await response.json()]
  }

  it('passes an infer request on unchanged, and says which upstream served it', async () => {
    const before = server.seen.length
    const response = await ask(
      '/v2/models/churn/infer',
      post(payload, { 'x-request-id': 'mine-1', traceparent: '00-a' }),
    )
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-request-id': 'mine-1',
      'x-modelspine-deployment': 'default/churn',
      'x-modelspine-revision': 'r1',
      'x-modelspine-provider': 'open-inference',
      'x-modelspine-attempts': '1',
    })
    expect(await response.json()).toEqual({ model_name: 'churn', outputs })
    const call = server.seen[before]
    expect([call?.url, call?.body.toString(), call?.headers.traceparent]).toEqual([
      '/v2/models/churn/infer',
      payload,
      '00-a',
    ])
  })

  it('passes binary tensors on with the length of their header', async () => {
    const bytes = Buffer.from([123, 125, 0, 255, 128])
    const response = await ask(
      '/v2/models/churn/infer',
      post(bytes, {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': '2',
      }),
    )
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.get('inference-header-content-length')).toBe('2')
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes)
  })

  it.each([
    ['application/json', {}],
    ['application/octet-stream', { 'inference-header-content-length': String(payload.length) }],
  ])('takes a body without a content type as %s, unless it comes from a web page', async (type, headers) => {
    const init = { method: 'POST', headers, body: new Blob([payload]) }
    expect((await ask('/v2/models/churn/infer', init)).status).toBe(200)
    expect(server.seen.at(-1)?.headers['content-type']).toBe(type)
    const fromPage = { ...init, headers: { ...headers, origin: 'https://example.com' } }
    expect(await answer('/v2/models/churn/infer', fromPage)).toEqual([
      415,
      { error: 'the content type is missing; write application/json or application/octet-stream' },
    ])
  })

  it.each([
    'risk%2Fchurn',
    'risk/churn',
    'org/Model-8B',
    'org%2FModel-8B',
    'o3:latest',
    'o3%3Alatest',
    'org/infer',
  ])('finds a model by its name in the path, percent-encoded or not: %s', async (path) => {
    expect((await ask(`/v2/models/${path}/infer`, post())).status).toBe(200)
    expect(await answer(`/v2/models/${path}/ready`)).toEqual([200, { ready: true }])
    expect(await answer(`/v2/models/${path}`)).toMatchObject([200, { name: decodeURIComponent(path) }])
  })

  it('makes a request id when the caller’s id is missing or unusable', async () => {
    for (const headers of [{}, { 'x-request-id': 'two words' }, { 'x-request-id': 'x'.repeat(129) }]) {
      const response = await ask('/v2/health/live', { headers })
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-z]{26}$/)
    }
  })

  it('answers requests for health, metadata and readiness', async () => {
    expect(await answer('/v2/health/live')).toEqual([200, { live: true }])
    expect(await answer('/v2/health/ready')).toEqual([200, { ready: true }])
    for (const path of ['/v2', '/v2/']) {
      expect(await answer(path)).toEqual([200, { name: 'modelspine', version: '2', extensions: [] }])
    }
    expect(await answer('/v2/models/churn')).toEqual([
      200,
      { name: 'churn', versions: ['r1'], platform: 'modelspine' },
    ])
    expect(await answer('/v2/models/churn/ready')).toEqual([200, { ready: true }])
    expect(await answer('/v2/models/unready/ready')).toEqual([
      503,
      { ready: false, error: 'route default/unready has no backend that is ready to infer' },
    ])
  })

  it.each<[string, RequestInit | undefined, number, string]>([
    ['/v2/models/none/infer', post(), 404, 'there is no route "none"'],
    ['/v2/models/none', undefined, 404, 'there is no route "none"'],
    ['/v2/models/no/such/infer', post(), 404, 'there is no route "no/such"'],
    ['/v2/models/', undefined, 404, 'there is nothing at /v2/models/'],
    ['/v2/nothing', undefined, 404, 'there is nothing at /v2/nothing'],
    ['/elsewhere', undefined, 404, 'there is nothing at /elsewhere'],
    ['/v2/models/churn/infer', undefined, 405, '/v2/models/churn/infer takes POST, not GET'],
    ['/v2/models/%zz/infer', post(), 400, '"%zz" in the path is not percent-encoded UTF-8'],
    [
      '/v2/models/churn/versions/r1/infer',
      post(),
      400,
      'version "r1" cannot be asked for: the route chooses the revision; leave /versions/r1 out',
    ],
    ['/v2/models/talk/infer', post(), 400, 'route default/talk does not offer infer, only chat'],
    ['/v2/models/unready/infer', post(), 503, 'route default/unready has no backend that is ready to infer'],
    [
      '/v2/models/churn/infer',
      post('a', { 'content-type': 'text/plain' }),
      415,
      'the content type is text/plain; write application/json or application/octet-stream',
    ],
    [
      '/v2/models/churn/infer',
      post('x'.repeat(10_001)),
      413,
      'the body has more than the 10000 bytes allowed',
    ],
    [
      '/v2/models/churn/infer',
      post(payload, { authorization: 'Bearer nobody' }),
      401,
      'the credentials are missing or unknown',
    ],
    [
      '/v2/models/churn/infer',
      post(payload, { authorization: 'mallory' }),
      403,
      'policy denies default/churn',
    ],
  ])('answers %s with its error', async (path, init, status, error) => {
    expect(await answer(path, init)).toEqual([status, { error }])
  })

  it('names the allowed methods of a path', async () => {
    expect((await ask('/v2/models/churn/infer')).headers.get('allow')).toBe('POST')
  })

  it('passes a Retry-After on, and says whether a retry helps', async () => {
    const limited = await ask('/v2/models/churn/infer', post('refuse'))
    expect(limited.status).toBe(429)
    expect(limited.headers.get('retry-after')).toBe('3')
    expect(limited.headers.get('x-should-retry')).toBe('true')
    await limited.text()
    const unknown = await ask('/v2/models/none/infer', post())
    expect(unknown.headers.get('x-should-retry')).toBe('false')
  })

  it('lets health probes in without credentials, and other requests only with known credentials', async () => {
    const nobody = { headers: { authorization: 'Bearer nobody' } }
    expect((await ask('/v2/health/ready', nobody)).status).toBe(200)
    const refused = await ask('/v2/models/churn', nobody)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect((await ask('/v2/models/churn', { headers: { authorization: 'Bearer late' } })).status).toBe(200)
  })

  it.each(['false', 'undefined', 'foreign'])(
    'refuses a caller when the hook answers %s',
    async (answered) => {
      const refused = await ask('/v2/models/churn', { headers: { authorization: `Bearer ${answered}` } })
      expect(refused.status).toBe(401)
      await refused.text()
    },
  )

  it('answers HEAD like GET, but without a body', async () => {
    const live = await ask('/v2/health/live', { method: 'HEAD' })
    expect([live.status, live.headers.get('content-type'), await live.text()]).toEqual([
      200,
      'application/json',
      '',
    ])
    expect((await ask('/v2/models/churn/infer', { method: 'HEAD' })).status).toBe(405)
    expect((await ask('/v2/models/churn', { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD')
  })

  it('refuses a compressed body with 415 and the accepted encoding', async () => {
    const response = await ask('/v2/models/churn/infer', post(payload, { 'content-encoding': 'gzip' }))
    expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'identity'])
    expect(await response.json()).toEqual({
      error: 'the content encoding is gzip; send the body uncompressed',
    })
    expect(
      (await ask('/v2/models/churn/infer', post(payload, { 'content-encoding': 'identity' }))).status,
    ).toBe(200)
  })

  it('limits a body that does not announce its length', async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1
        if (sent > 2000) controller.close()
        else controller.enqueue(new Uint8Array(50_000))
      },
    })
    const init = { method: 'POST', headers: json, body: endless, duplex: 'half' } as RequestInit
    expect((await ask('/v2/models/churn/infer', init)).status).toBe(413)
    expect(sent).toBeLessThan(2000)
  })

  it('is not ready before a table is loaded', async () => {
    const empty = await gatewayWorld({})
    await empty.table.close()
    const way = empty.ways.find((each) => each.name === name)
    expect((await way?.ask('/v2/health/ready'))?.status).toBe(503)
    expect((await way?.ask('/v2/health/live'))?.status).toBe(200)
    for (const [path, init] of [
      ['/v2/models/churn', {}],
      ['/v2/models/churn/infer', post()],
      ['/v1/models', {}],
      ['/v1/models/churn', {}],
    ] as const) {
      const response = await way?.ask(path, init)
      expect([response?.status, response?.headers.get('x-should-retry')]).toEqual([503, 'true'])
    }
    await empty.close()
  })

  describe('beside the official interface', () => {
    const schemas = officialSchemas('open-inference-rest.yaml')

    it.for<[string, string, RequestInit?]>([
      ['metadata_server_response', '/v2'],
      ['metadata_model_response', '/v2/models/churn'],
      ['metadata_model_error_response', '/v2/models/none'],
      ['inference_response', '/v2/models/churn/infer', post()],
      ['inference_error_response', '/v2/models/none/infer', post()],
    ])('conforms to %s', async ([schema, path, init], { skip }) => {
      if (schemas === undefined) return skip(notHere)
      const validate = schemas(schema)
      const [, body] = await answer(path, init)
      expect(validate(body), JSON.stringify(validate.errors)).toBe(true)
    })
  })
})
