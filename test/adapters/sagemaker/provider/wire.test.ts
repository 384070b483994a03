import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bytesReplyOf, isModelspineError } from 'modelspine/adapter'
import { connectSagemaker, type SagemakerProvider, sagemakerProvider } from 'modelspine/adapters/sagemaker'
import { describe, expect, it, onTestFinished } from 'vitest'
import { modelError } from '../../../simulators/sagemaker/runtime.ts'
import { credentials } from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import { jsonError } from '../../shared/aws/small-aws.ts'
import { bytesRequest, contextOf, expectMembers, type ProviderScene, scene, tensorsRequest } from './scene.ts'

const variants = { variantsOf: () => ['r1', 'r2'] }

const sent = ({ runtime }: ProviderScene) => runtime.invocations.map(({ headers }) => headers)

describe('the model of a request', () => {
  it.each([
    ['churn', {}],
    ['churn/r2', { 'x-amzn-sagemaker-target-variant': 'r2' }],
    ['churn/component/c-1', { 'x-amzn-sagemaker-inference-component': 'c-1' }],
  ])('%s is asked as %j', async (model, headers) => {
    const made = await scene(variants)
    await made.provider.infer(bytesRequest(model), contextOf())
    expect(made.simulator.calls[0]?.url).toBe('/endpoints/churn/invocations')
    const [given = {}] = sent(made)
    const asked = Object.fromEntries(
      Object.entries(given).filter(([name]) => /target-variant|inference-component/.test(name)),
    )
    expect(asked).toEqual(headers)
    expect(made.runtime.problems).toEqual([])
  })

  it.each(['r2', 'component/c-1'])('is %s at the endpoint of a deployment', async (model) => {
    const made = await scene(variants)
    const provider = made.connect({ protocol: 'sagemaker', address: 'default-churn' })
    onTestFinished(() => provider.close())
    await provider.infer(bytesRequest(model), contextOf())
    expect(made.simulator.calls[0]?.url).toBe('/endpoints/default-churn/invocations')
    expect(Object.values(sent(made)[0] ?? {})).toContain(model.split('/').at(-1))
  })

  it.each(['', '/', 'a/b/c', 'churn/', 'churn/../x', 'ch urn', '-churn', 'a/component/b/c', 'c'.repeat(64)])(
    '"%s" is not-found, and nothing is sent',
    async (model) => {
      const made = await scene()
      await expect(made.provider.infer(bytesRequest(model), contextOf())).rejects.toMatchObject({
        code: 'not-found',
      })
      expect(made.simulator.calls).toEqual([])
    },
  )

  it('has no versions', async () => {
    const { provider } = await scene()
    const request = { ...tensorsRequest, version: '3' }
    await expect(provider.infer(request, contextOf())).rejects.toMatchObject({ code: 'unsupported' })
  })
})

describe('the variant that answered', () => {
  it('is told with the reply', async () => {
    const { provider, runtime } = await scene(variants)
    const headers = { 'x-amzn-invoked-production-variant': 'r1' }
    expect(await provider.infer(bytesRequest('churn'), contextOf())).toMatchObject({ headers })
    runtime.container = () => ({ body: JSON.stringify({ outputs: [], parameters: { a: 1 } }) })
    const reply = await provider.infer(tensorsRequest, contextOf())
    expect(reply).toMatchObject({ kind: 'tensors', parameters: { a: 1, ...headers } })
  })

  it('must be the one that was asked', async () => {
    const { provider, runtime } = await scene(variants)
    runtime.container = ({ body }) => ({ body, headers: { 'x-amzn-invoked-production-variant': 'r2' } })
    const failure = { code: 'malformed-reply', details: { variant: 'r1', answered: 'r2' } }
    await expect(provider.infer(bytesRequest('churn/r1'), contextOf())).rejects.toMatchObject(failure)
    await expect(provider.inferStream(bytesRequest('churn/r1'), contextOf())).rejects.toMatchObject(failure)
  })
})

describe('headers', () => {
  it('of SageMaker pass in both directions', async () => {
    const made = await scene()
    made.runtime.container = ({ body }) => ({
      body,
      headers: {
        'x-amzn-sagemaker-custom-attributes': 'trace=2',
        'x-amzn-sagemaker-new-session-id': 's-1; Expires=2026-12-01T00:00:00Z',
      },
    })
    const headers = {
      accept: 'text/plain',
      'x-amzn-sagemaker-custom-attributes': 'trace=1',
      'x-amzn-sagemaker-session-id': 'NEW_SESSION',
      'x-amzn-sagemaker-target-model': 'churn.tar.gz',
      'x-amzn-sagemaker-target-variant': 'stolen',
      'x-other': 'kept here',
    }
    const reply = await made.provider.infer(bytesRequest('churn', 'a', headers), contextOf())
    expect(reply).toMatchObject({
      headers: {
        'x-amzn-sagemaker-custom-attributes': 'trace=2',
        'x-amzn-sagemaker-new-session-id': 's-1; Expires=2026-12-01T00:00:00Z',
      },
    })
    expectMembers(made.runtime, [
      {
        EndpointName: 'churn',
        Body: Buffer.from('a').toString('base64'),
        ContentType: 'text/csv',
        Accept: 'text/plain',
        CustomAttributes: 'trace=1',
        SessionId: 'NEW_SESSION',
        TargetModel: 'churn.tar.gz',
        InferenceId: 'r-1',
      },
    ])
    expect(sent(made)[0]).not.toHaveProperty('x-other')
    expect(made.runtime.problems).toEqual([])
  })

  it('of the context are sent, but cannot choose a variant', async () => {
    const made = await scene(variants)
    const headers = { traceparent: '00-1', 'X-Amzn-SageMaker-Target-Variant': 'r2' }
    await made.provider.infer(bytesRequest('churn'), contextOf({ headers }))
    expect(sent(made)[0]).toMatchObject({ traceparent: '00-1' })
    expect(sent(made)[0]).not.toHaveProperty('x-amzn-sagemaker-target-variant')
  })

  it.each([
    ['r-1', 'r-1'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['x'.repeat(65), undefined],
    [' r', undefined],
    ['ré', undefined],
  ])(
    'have the id "%s" of the request as inference id, where SageMaker takes it',
    async (requestId, expected) => {
      const made = await scene()
      await made.provider.infer(bytesRequest('churn'), contextOf({ requestId }))
      expect(sent(made)[0]?.['x-amzn-sagemaker-inference-id']).toBe(expected)
    },
  )
})

describe('bytes', () => {
  it('in the binary form of Open Inference have the length of their JSON in the content type, as Triton reads it', async () => {
    const made = await scene()
    const request = {
      model: 'churn',
      kind: 'bytes',
      contentType: 'application/octet-stream',
      bytes: Uint8Array.of(123, 125, 0, 255),
      headers: { 'inference-header-content-length': '2' },
    } as const
    const reply = await made.provider.infer(request, contextOf())
    expect(sent(made)[0]?.['content-type']).toBe(
      'application/vnd.sagemaker-triton.binary+json;json-header-size=2',
    )
    expect(reply).toMatchObject({
      contentType: 'application/octet-stream',
      headers: { 'inference-header-content-length': '2' },
    })
  })

  const output = { name: 'half', datatype: 'FP16', shape: [2], data: [0.5, -2] }
  const answer = bytesReplyOf({ kind: 'tensors', model: 'm', outputs: [output] }, 'm', () => true)
  const split = answer.headers?.['inference-header-content-length']
  const contentType = `application/vnd.sagemaker-triton.binary+json;json-header-size=${split}`

  it('in the binary form are read when tensors were asked', async () => {
    const made = await scene()
    made.runtime.container = () => ({ contentType, body: answer.bytes })
    expect(await made.provider.infer({ ...tensorsRequest, model: 'churn' }, contextOf())).toMatchObject({
      kind: 'tensors',
      outputs: [output],
    })
  })

  it.each(['tensors', 'bytes'])('in the binary form are malformed when they are cut: %s', async (kind) => {
    const made = await scene()
    const body = answer.bytes.subarray(0, -1)
    made.runtime.container = () => ({ contentType, body })
    const request = kind === 'bytes' ? bytesRequest('churn') : { ...tensorsRequest, model: 'churn' }
    await expect(made.provider.infer(request, contextOf())).rejects.toMatchObject({ code: 'malformed-reply' })
  })
})

describe('tensors as instances', () => {
  it('are refused by the name of a value that JSON would change', async () => {
    const { provider, runtime } = await scene({ tensors: 'instances' })
    const input = { name: 'x', datatype: 'FP32', shape: [2], data: [1, Number.NaN] }
    const call = provider.infer({ model: 'churn', kind: 'tensors', inputs: [input] }, contextOf())
    await expect(call).rejects.toMatchObject({ code: 'bad-request', details: { field: 'inputs[0].data[1]' } })
    expect(runtime.invocations).toEqual([])
  })

  const parts = (model = 'churn') => ({ ...tensorsRequest, model })

  it('are rows, and predictions are a tensor', async () => {
    const { provider, runtime } = await scene({ tensors: 'instances' })
    runtime.container = () => ({ body: '{"predictions": [[0.5, 0.5], [1, 0]]}' })
    const reply = await provider.infer(parts(), contextOf())
    expect(JSON.parse(String(runtime.invocations[0]?.body))).toEqual({
      instances: [
        [1, 2],
        [3, 4],
      ],
    })
    expect(reply).toMatchObject({
      outputs: [{ name: 'predictions', datatype: 'FP64', shape: [2, 2], data: [0.5, 0.5, 1, 0] }],
    })
  })

  it.each([
    [[3], [1, 2, 3], [1, 2, 3]],
    [
      [1, 2, 2],
      [1, 2, 3, 4],
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ],
    [[2, 0], [], [[], []]],
    [[0], [], []],
    [[0, 3], [], []],
  ])('of the shape %j nest', async (shape, data, instances) => {
    const { provider, runtime } = await scene({ tensors: 'instances' })
    runtime.container = () => ({ body: '{"predictions": [1]}' })
    const input = { name: 'x', datatype: 'FP32', shape, data }
    await provider.infer({ model: 'churn', kind: 'tensors', inputs: [input] }, contextOf())
    expect(JSON.parse(String(runtime.invocations[0]?.body))).toEqual({ instances })
  })

  it('are members by name where there are several, and so are predictions', async () => {
    const { provider, runtime } = await scene({ tensors: 'instances' })
    runtime.container = () => ({
      body: '{"predictions": [{"label": "a", "sure": true}, {"label": "b", "sure": false}]}',
    })
    const inputs = [
      { name: 'age', datatype: 'INT64', shape: [2], data: [30, 40] },
      { name: 'pixels', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] },
    ]
    const parameters = { signature_name: 'serving_default' }
    const reply = await provider.infer({ model: 'churn', kind: 'tensors', inputs, parameters }, contextOf())
    expect(JSON.parse(String(runtime.invocations[0]?.body))).toEqual({
      instances: [
        { age: 30, pixels: [1, 2] },
        { age: 40, pixels: [3, 4] },
      ],
      signature_name: 'serving_default',
    })
    expect(reply).toMatchObject({
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: [2], data: ['a', 'b'] },
        { name: 'sure', datatype: 'BOOL', shape: [2], data: [true, false] },
      ],
    })
  })

  it.each([
    '{}',
    '[]',
    'null',
    '{"predictions": 1}',
    '{"predictions": [[1], [1, 2]]}',
    '{"predictions": [[1], 2]}',
    '{"predictions": [1, "a"]}',
    '{"predictions": [null]}',
    '{"predictions": [{"a": 1}, 2]}',
    '{"predictions": [{"a": 1}, {"b": 2}]}',
    'no JSON',
  ])('are not read from %s', async (body) => {
    const { provider, runtime } = await scene({ tensors: 'instances' })
    runtime.container = () => ({ body })
    await expect(provider.infer(parts(), contextOf())).rejects.toMatchObject({ code: 'malformed-reply' })
  })

  it.each([
    [[], 'inputs is empty'],
    [
      [
        { name: 'a', datatype: 'FP32', shape: [1], data: [1] },
        { name: 'b', datatype: 'FP32', shape: [2], data: [1, 2] },
      ],
      '"a" has 1 instances, and "b" has 2',
    ],
  ])('are refused where they have no common instances: %#', async (inputs, message) => {
    const { provider, simulator } = await scene({ tensors: 'instances' })
    await expect(
      provider.infer({ model: 'churn', kind: 'tensors', inputs }, contextOf()),
    ).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining(message),
    })
    expect(simulator.calls).toEqual([])
  })
})

describe('an error', () => {
  it.each([
    [400, 'bad-request'],
    [404, 'not-found'],
    [408, 'timeout'],
    [415, 'bad-request'],
    [429, 'rate-limited'],
    [500, 'unavailable'],
    [501, 'unsupported'],
    [503, 'overloaded'],
    [504, 'timeout'],
    [507, 'overloaded'],
    [0, 'unavailable'],
  ])('of a container with the status %s is %s', async (status, code) => {
    const { provider, runtime } = await scene()
    runtime.intercept = () => modelError(status, 'words of the model')
    await expect(provider.infer(bytesRequest('churn'), contextOf())).rejects.toMatchObject({
      code,
      message: expect.stringContaining('words of the model'),
      details: { status: 424, reason: 'ModelError', containerStatus: status },
    })
  })

  it.each([
    [400, 'ValidationError', 'Body is malformed', 'bad-request'],
    [400, 'ValidationError', 'Endpoint churn of account 1 not found.', 'not-found'],
    [400, 'ThrottlingException', 'Rate exceeded', 'rate-limited'],
    [429, 'ModelNotReadyException', 'The model is being loaded', 'not-ready'],
    [500, 'InternalFailure', 'oh', 'unavailable'],
    [503, 'ServiceUnavailable', 'oh', 'unavailable'],
    [530, 'InternalDependencyException', 'oh', 'unavailable'],
    [403, 'AccessDeniedException', 'no', 'auth'],
    [403, 'ExpiredTokenException', 'no', 'auth'],
  ])('%s %s "%s" is %s', async (status, reason, words, code) => {
    const { provider, runtime } = await scene()
    runtime.intercept = () => jsonError(status, reason, words)
    for (const call of ['infer', 'inferStream'] as const) {
      await expect(provider[call](bytesRequest('churn'), contextOf())).rejects.toMatchObject({
        code,
        details: { reason },
      })
    }
  })

  it.each([
    [413, 'bad-request', false],
    [429, 'rate-limited', true],
    [503, 'overloaded', true],
    [504, 'timeout', true],
    [418, 'unavailable', false],
  ])('without a name and with the status %s is %s', async (status, code, retryable) => {
    const { provider, runtime } = await scene()
    runtime.intercept = () => ({ status, body: '<html>', headers: { 'retry-after': '7' } })
    await expect(provider.infer(bytesRequest('churn'), contextOf())).rejects.toMatchObject({
      code,
      retryable,
      retryAfterMs: 7000,
    })
  })

  it('says that nothing was sent where no connection was to be had', async () => {
    const { provider, simulator } = await scene()
    await simulator.close()
    await expect(provider.infer(bytesRequest('churn'), contextOf())).rejects.toMatchObject({
      code: 'unavailable',
      details: { phase: 'connecting' },
    })
  })
})

describe('an asynchronous request', () => {
  it('tells where the answer will be', async () => {
    const made = await scene()
    const { provider, runtime } = made
    const first = {
      model: 'churn',
      input: 's3://questions/1.csv',
      contentType: 'text/csv',
      accept: 'text/csv',
    }
    expect(await provider.inferAsync({ ...first, ttlSeconds: 60, timeoutSeconds: 1 }, contextOf())).toEqual({
      inferenceId: 'r-1',
      outputUri: 's3://answers/r-1.out',
      failureUri: 's3://answers/r-1-error.out',
    })
    const second = { model: 'churn', input: Buffer.from('a,b'), inferenceId: 'mine', customAttributes: 'c' }
    expect((await provider.inferAsync(second, contextOf())).inferenceId).toBe('mine')
    expectMembers(runtime, [
      {
        EndpointName: 'churn',
        InputLocation: 's3://questions/1.csv',
        ContentType: 'text/csv',
        Accept: 'text/csv',
        InferenceId: 'r-1',
        RequestTTLSeconds: 60,
        InvocationTimeoutSeconds: 1,
      },
      {
        EndpointName: 'churn',
        Body: Buffer.from('a,b').toString('base64'),
        InferenceId: 'mine',
        CustomAttributes: 'c',
      },
    ])
    expect(runtime.problems).toEqual([])
  })

  it('has no variant', async () => {
    const { provider, simulator } = await scene()
    for (const model of ['churn/r1', 'churn/component/c']) {
      await expect(provider.inferAsync({ model, input: 's3://b/k' }, contextOf())).rejects.toMatchObject({
        code: 'unsupported',
      })
    }
    expect(simulator.calls).toEqual([])
  })

  it('needs an answer with an id', async () => {
    const { provider, runtime } = await scene()
    runtime.intercept = () => ({ status: 202, body: '{}' })
    await expect(
      provider.inferAsync({ model: 'churn', input: 's3://b/k' }, contextOf()),
    ).rejects.toMatchObject({
      code: 'malformed-reply',
    })
  })
})

describe('connectSagemaker', () => {
  it('shares credentials and connections until the last provider is closed', async () => {
    let lookedUp = 0
    const { connect, simulator } = await scene({
      async credentials() {
        lookedUp += 1
        const { accessKeyId, secretAccessKey, sessionToken = secretAccessKey } = credentials
        return {
          accessKeyId,
          secretAccessKey: secretAccessKey.reveal(),
          sessionToken: sessionToken.reveal(),
        }
      },
    })
    const invoke = async (provider: SagemakerProvider): Promise<void> => {
      await provider.infer(bytesRequest('AllTraffic'), contextOf())
    }
    const one = connect({ protocol: 'sagemaker', address: 'one' })
    const other = connect({ protocol: 'sagemaker', address: 'other' })
    await invoke(one)
    await one.close()
    await one.close()
    await invoke(other)
    expect(lookedUp).toBe(1)
    await other.close()
    const again = connect({ protocol: 'sagemaker', address: 'one' })
    await invoke(again)
    await again.close()
    expect(lookedUp).toBe(2)
    expect(simulator.calls.map(({ url }) => url.split('/')[2])).toEqual(['one', 'other', 'one'])
  })

  it('checks its options at once', () => {
    const options = { region: 'eu-west-1', tensors: 'csv' } as never
    for (const make of [sagemakerProvider, connectSagemaker]) {
      expect(() => make(options)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
    }
  })
})

describe('the time that a model may take', () => {
  it('is the option timeoutMs', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.closeAllConnections())
    onTestFinished(() => void server.close())
    const made = await scene({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      timeoutMs: 50,
    })
    const failure = await made.provider
      .infer(bytesRequest('churn'), contextOf())
      .catch((error: unknown) => error)
    expect(isModelspineError(failure, 'timeout')).toBe(true)
  })
})
