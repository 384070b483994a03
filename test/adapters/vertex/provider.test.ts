import { bytesReplyOf, type InferRequest, isModelspineError, secretOf } from 'modelspine/adapter'
import { connectVertex, type VertexProviderOptions, vertexProvider } from 'modelspine/adapters/vertex'
import { afterEach, describe, expect, it } from 'vitest'
import {
  openInferenceRequest,
  predictRequest,
  rawPredictRequest,
} from '../../../adapters/vertex/provider/prediction-requests.ts'
import { officialVertex } from '../../simulators/vertex/vertex-simulator.ts'
import { location, projectId } from '../../simulators/vertex/vertex-world.ts'
import { planted, problemsOf } from './planted.ts'
import { type ProviderScene, providerScene } from './provider-scene.ts'
import { credential } from './revision.ts'

let scenes: ProviderScene[] = []
afterEach(async () => {
  for (const { vertex, close } of scenes) {
    expect(vertex.problems).toEqual([])
    await close()
  }
  scenes = []
})

async function scene(more: Partial<VertexProviderOptions> = {}): Promise<ProviderScene> {
  const made = await providerScene(more)
  scenes.push(made)
  return made
}

const context = { requestId: 'r', abortSignal: new AbortController().signal }
const tensors = {
  kind: 'tensors',
  inputs: [
    { name: 'age', datatype: 'INT64', shape: [2], data: [40, 50] },
    { name: 'spent', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] },
  ],
  parameters: { threshold: 0.5 },
} as const
const request: InferRequest = { model: 'kit-model', ...tensors }
const endpoint = `projects/${projectId}/locations/${location}/endpoints/kit-model`

describe('a prediction of Vertex', () => {
  it('gets tensors as instances, and tells who answered', async () => {
    const { provider, vertex } = await scene()
    const reply = await provider.infer(request, context)
    expect(JSON.parse(vertex.calls[0]?.body ?? '')).toEqual({
      instances: [
        { age: 40, spent: [1, 2] },
        { age: 50, spent: [3, 4] },
      ],
      parameters: { threshold: 0.5 },
    })
    expect(reply).toEqual({
      kind: 'tensors',
      outputs: [
        { name: 'age', datatype: 'FP64', shape: [2], data: [40, 50] },
        { name: 'spent', datatype: 'FP64', shape: [2, 2], data: [1, 2, 3, 4] },
      ],
      parameters: {
        deployedModelId: '77',
        model: expect.stringMatching(/\/models\/churn$/),
        modelVersionId: '1',
        modelDisplayName: 'churn',
      },
    })
  })

  it('gets bytes as they are, with the headers of the protocol, and tells who answered', async () => {
    const { provider, vertex } = await scene()
    const bytes = new Uint8Array([0, 255, 1])
    const headers = { 'inference-header-content-length': '2', 'x-trace': '1' }
    const more = {
      ...context,
      headers: { 'x-trace': '7', authorization: 'Bearer theirs', 'x-goog-user-project': 'p' },
    }
    const raw = {
      model: endpoint,
      kind: 'bytes',
      contentType: 'application/octet-stream',
      bytes,
      headers,
    } as const
    const reply = await provider.infer(raw, more)
    expect(reply).toMatchObject({
      kind: 'bytes',
      contentType: 'application/octet-stream',
      headers: { 'x-vertex-ai-deployed-model-id': '77' },
    })
    expect(reply.kind === 'bytes' && [...reply.bytes]).toEqual([0, 255, 1])
    const [call] = vertex.calls
    expect(call?.url).toContain(':rawPredict')
    expect(call?.headers).toMatchObject({
      'inference-header-content-length': '2',
      'x-trace': '1',
      authorization: `Bearer ${credential}`,
    })
    expect(call?.headers['x-goog-user-project']).toBeUndefined()
  })

  it('is read from binary tensors, and is malformed when they are cut', async () => {
    const { provider, vertex } = await scene({ tensors: 'open-inference' })
    const output = { name: 'half', datatype: 'FP16', shape: [2], data: [0.5, -2] }
    const { bytes, headers = {} } = bytesReplyOf({ kind: 'tensors', outputs: [output] }, 'm', () => true)
    const raw = {
      model: endpoint,
      kind: 'bytes',
      contentType: 'application/json',
      bytes: Buffer.from('{}'),
    } as const
    vertex.before = () => ({ headers, bytes })
    expect(await provider.infer(request, context)).toMatchObject({ kind: 'tensors', outputs: [output] })
    expect(await provider.infer(raw, context)).toMatchObject({ kind: 'bytes', headers })
    vertex.before = () => ({ headers, bytes: bytes.subarray(0, -1) })
    for (const each of [request, raw])
      await expect(provider.infer(each, context)).rejects.toMatchObject({ code: 'malformed-reply' })
  })

  it('is asked at the address that the target observed', async () => {
    const { vertex } = await scene()
    const connect = connectVertex({ credentials: { token: secretOf(credential) } })
    const provider = connect({ protocol: 'vertex', address: `${vertex.url}/v1/${endpoint}`, model: '77' })
    await provider.infer({ ...request, model: '77' }, context)
    expect(vertex.calls[0]?.url).toBe(`/v1/${endpoint}:predict`)
    await provider.close()
    expect(() => connect({ protocol: 'vertex', address: vertex.url })).toThrow('no address of an endpoint')
  })

  it('shares connections and credentials with the others at its address, until the last one is closed', async () => {
    const { vertex } = await scene()
    let looks = 0
    const credentials = {
      credentials: { expiry_date: Date.now() + 3_600_000 },
      async getAccessToken() {
        looks += 1
        return { token: credential }
      },
    }
    const connect = connectVertex({ credentials })
    const address = `${vertex.url}/v1/${endpoint}`
    const [one, other] = ['77', '78'].map((model) => connect({ protocol: 'vertex', address, model }))
    await one?.infer({ ...request, model: '77' }, context)
    await one?.close()
    await one?.close()
    await other?.infer({ ...request, model: '78' }, context)
    expect(looks).toBe(1)
    await other?.close()
    const again = connect({ protocol: 'vertex', address, model: '77' })
    await again.infer({ ...request, model: '77' }, context)
    await again.close()
    expect(looks).toBe(2)
  })

  it.each([
    ['unsupported', { ...request, version: '3' }],
    ['not-found', { ...request, model: 'projects/p/endpoints/e' }],
    ['bad-request', { ...request, inputs: [] }],
    [
      'bad-request',
      {
        ...request,
        inputs: [...tensors.inputs, { name: 'odd', datatype: 'FP32', shape: [3], data: [1, 2, 3] }],
      },
    ],
  ] as const)('is not sent where it cannot be right: %s', async (code, wrong) => {
    const { provider, vertex } = await scene()
    const error = await provider.infer(wrong, context).catch((thrown: unknown) => thrown)
    expect(isModelspineError(error, code)).toBe(true)
    expect(vertex.calls).toEqual([])
  })

  it('is not ready while nothing has traffic', async () => {
    const { provider, vertex } = await scene()
    for (const each of vertex.world.endpoints.all) each.trafficSplit = {}
    await expect(provider.infer(request, context)).rejects.toMatchObject({ code: 'not-ready' })
  })
})

describe('the options of vertexProvider', () => {
  it.each([
    ['tensors', { tensors: 'rows' as never }],
    ['location', { location: 'Europe' }],
    ['endpoint', { endpoint: 'x' }],
  ])('are refused with the name of the field: %s', (field, more) => {
    expect(() => vertexProvider({ project: projectId, location, ...more })).toThrow(
      expect.objectContaining({ code: 'invalid-options', details: { field } }),
    )
  })
})

it('predictions may be sent again when their connection was closed, because they change nothing', () => {
  for (const request of [
    predictRequest(endpoint, tensors),
    rawPredictRequest(endpoint, { contentType: 'text/csv', bytes: new Uint8Array() }),
    openInferenceRequest(endpoint, tensors),
  ]) {
    expect(request).toMatchObject({ method: 'POST', repeatable: true })
  }
})

describe.skipIf(officialVertex() === undefined)('the requests of vertexProvider', () => {
  it('fit the official description, and with one wrong member they do not', () => {
    const predict = predictRequest(endpoint, tensors)
    expect(problemsOf('endpoints.predict', predict)).toEqual([])
    expect(problemsOf('endpoints.predict', planted(predict, 'inputs', []))).not.toEqual([])
    expect(problemsOf('endpoints.predict', planted(predict, 'instances', 'all'))).not.toEqual([])
    // The body of rawPredict is the container's, so Google describes only where it goes.
    const raws = [
      rawPredictRequest(endpoint, { contentType: 'text/csv', bytes: new Uint8Array() }),
      openInferenceRequest(endpoint, tensors),
    ]
    for (const { body: _, ...raw } of raws) {
      const sent = { ...raw, body: {} }
      expect(problemsOf('endpoints.rawPredict', sent)).toEqual([])
      expect(problemsOf('endpoints.rawPredict', { ...sent, path: `${raw.path}s` })).not.toEqual([])
    }
  })
})
