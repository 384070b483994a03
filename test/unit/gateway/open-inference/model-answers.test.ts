import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inferenceHeader } from '../../../../src/dialects/open-inference/binary-fault.ts'
import {
  bytesPayloadOf,
  bytesReplyOf,
  tensorPayloadOf,
  tensorReplyOf,
} from '../../../../src/dialects/open-inference/infer-bytes.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { InferPayload, InferReply, ModelProvider, Tensor } from '../../../../src/provider/contract.ts'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { deployment, route } from '../../routing/scenario.ts'
import { type GatewayWorld, gatewayWorld } from '../gateway-world.ts'
import { notHere, officialSchemas } from '../official.ts'

const tensor = { name: 'x', datatype: 'FP32', shape: [-1, 4] }
const described = { platform: 'onnx', inputs: [tensor], outputs: [{ ...tensor, name: 'y' }] }

/** Answers with its inputs, twice as large, as tensors or as bytes, like the request. */
function doubling(binaryTensors: boolean | undefined): ModelProvider {
  const provider = memoryProvider({
    name: 'doubling',
    describe: (model) =>
      model === 'mute' ? Promise.reject(new ModelspineError('not-found', 'no')) : described,
    infer(request) {
      const { inputs } = tensorPayloadOf(request)
      const outputs = inputs.map((input) => ({ ...input, data: input.data.map((each) => Number(each) * 2) }))
      const reply = { kind: 'tensors', outputs } as const
      return request.kind === 'tensors' ? reply : bytesReplyOf(reply, request.model, () => true)
    },
  })
  const capabilities = { ...provider.capabilities, ...(binaryTensors !== undefined && { binaryTensors }) }
  return { ...provider, capabilities }
}

const churn = { deployment: 'default/churn', weight: 1 }
const backend = (model: string): { provider: string; model: string; weight: number } => ({
  provider: 'doubling',
  model,
  weight: 1,
})

async function worldWith(binaryTensors: boolean | undefined, options: object = {}): Promise<GatewayWorld> {
  return await gatewayWorld(
    {
      routes: [
        route([backend('digits')], { names: ['digits', 'org/digits'] }, { name: 'digits' }),
        route([backend('mute')], {}, { name: 'mute' }),
        route([churn], {}, { name: 'churn' }),
        route([{ deployment: 'nowhere', weight: 1 }], {}, { name: 'unready' }),
        route([backend('digits')], { operations: ['chat'] }, { name: 'talk' }),
      ],
      providers: { doubling: doubling(binaryTensors) },
      deployments: [deployment('churn', { r1: 90, r2: 10 }, { stable: 'r1' })],
      connect: { test: () => doubling(binaryTensors) },
    },
    options,
  )
}

let world: GatewayWorld
beforeAll(async () => {
  world = await worldWith(true, {
    policy: {
      decide: ({ actor }: { actor: { name: string } }) => ({
        verdict: actor.name === 'mallory' ? 'deny' : 'allow',
        findings: [],
        obligations: [],
        policyRevision: '',
        inputDigest: '',
      }),
    },
    authenticate: ({ authorization }: { authorization?: string }) => ({ name: authorization ?? 'ada' }),
  })
})
afterAll(() => world.close())

async function answer(
  path: string,
  init?: RequestInit,
  from: GatewayWorld = world,
): Promise<[number, unknown]> {
  const response = await fetch(from.listening.url + path, init)
  return [response.status, await response.json()]
}

describe('the metadata of a model', () => {
  const digits = { name: 'digits', versions: [], ...described }

  it('has the inputs and outputs that the upstream told, under the name that the caller wrote', async () => {
    expect(await answer('/v2/models/digits')).toEqual([200, digits])
    expect(await answer('/v2/models/org/digits')).toEqual([200, { ...digits, name: 'org/digits' }])
  })

  it('is as short as it was when no upstream can tell', async () => {
    for (const name of ['mute', 'unready', 'talk']) {
      expect(await answer(`/v2/models/${name}`)).toEqual([
        200,
        { name, versions: [], platform: 'modelspine' },
      ])
    }
  })

  it.each([
    ['/v2/models/churn', 'r1'],
    ['/v2/models/churn/versions/r2', 'r2'],
  ])('says which revision told it: %s', async (path, revision) => {
    const response = await fetch(world.listening.url + path)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-modelspine-provider': 'doubling',
      'x-modelspine-deployment': 'default/churn',
      'x-modelspine-revision': revision,
    })
    expect(await response.json()).toEqual({ name: 'churn', versions: ['r1', 'r2'], ...described })
  })

  it.each<[string, RequestInit, number, string]>([
    [
      '/v2/models/churn/versions/r3',
      {},
      404,
      'route default/churn has no version "r3" that serves now; those that do: r1, r2',
    ],
    ['/v2/models/none', {}, 404, 'there is no route "none"'],
    ['/v2/models/digits', { headers: { authorization: 'mallory' } }, 403, 'policy denies default/digits'],
  ])('is refused: %s', async (path, init, status, error) => {
    expect(await answer(path, init)).toEqual([status, { error }])
  })

  it('says of a version whether it is ready', async () => {
    expect(await answer('/v2/models/churn/versions/r2/ready')).toEqual([200, { ready: true }])
    expect(await answer('/v2/models/churn/versions/r3/ready')).toEqual([
      503,
      { ready: false, error: 'route default/churn has no version "r3" that is ready to infer' },
    ])
  })

  const schemas = officialSchemas('open-inference-rest.yaml')
  it.each(['digits', 'mute', 'churn', 'churn/versions/r2'])('conforms to the protocol: %s', async (path) => {
    if (schemas === undefined) return console.log(notHere)
    const validate = schemas('metadata_model_response')
    const [, body] = await answer(`/v2/models/${path}`)
    expect(validate(body), JSON.stringify(validate.errors)).toBe(true)
  })
})

describe('the description of the server', () => {
  it.each([
    [true, ['binary_tensor_data']],
    [false, []],
    [undefined, []],
  ])('names binary tensors only where every upstream takes them: %s', async (binaryTensors, extensions) => {
    const other = await worldWith(binaryTensors)
    expect(await answer('/v2', {}, other)).toEqual([200, { name: 'modelspine', version: '2', extensions }])
    await other.close()
  })

  it('names nothing where there is no model', async () => {
    const empty = await gatewayWorld({})
    expect(await answer('/v2', {}, empty)).toMatchObject([200, { extensions: [] }])
    await empty.close()
  })
})

describe('the list of models that Triton’s clients ask for', () => {
  const post = (body?: string): RequestInit => ({ method: 'POST', ...(body !== undefined && { body }) })
  const ready = ['digits', 'org/digits', 'mute', 'churn'].map((name) => ({ name, state: 'READY' }))
  const unready = {
    name: 'unready',
    state: 'UNAVAILABLE',
    reason: 'route default/unready has no backend that is ready to infer',
  }

  it('has the names of the routes that infer, and whether they are ready', async () => {
    expect(await answer('/v2/repository/index', post())).toEqual([200, [...ready, unready]])
    expect(await answer('/v2/repository/index', post('{}'))).toEqual([200, [...ready, unready]])
    expect(await answer('/v2/repository/index', post('{"ready":true}'))).toEqual([200, ready])
  })

  it.each([
    ['{"ready":"yes"}', 'ready is "yes"; write true or false'],
    ['{', 'the body is not JSON; write {"ready":true}, or nothing'],
    ['[]', 'the body is an empty list; write an object'],
  ])('is refused for the body %s', async (body, error) => {
    expect(await answer('/v2/repository/index', post(body))).toEqual([400, { error }])
  })
})

describe('what Triton’s clients ask and a gateway cannot answer', () => {
  it.each([
    ['GET', '/v2/models/digits/config', 'the gateway has no configuration of its models'],
    ['GET', '/v2/models/churn/versions/r1/config', 'the gateway has no configuration of its models'],
    ['GET', '/v2/models/digits/stats', 'its metrics count the requests of each revision'],
    ['GET', '/v2/models/stats', 'its metrics count the requests of each revision'],
    ['POST', '/v2/repository/models/org/digits/load', 'which models are served is declared'],
    ['POST', '/v2/repository/models/digits/unload', 'which models are served is declared'],
    ['GET', '/v2/systemsharedmemory/status', 'tensors come in the body'],
    ['POST', '/v2/cudasharedmemory/region/a/register', 'tensors come in the body'],
    ['GET', '/v2/trace/setting', 'the settings of a server'],
    ['POST', '/v2/models/digits/trace/setting', 'the settings of a server'],
    ['GET', '/v2/logging', 'the settings of a server'],
    ['POST', '/v2/models/digits/generate', 'chats are asked at /v1/chat/completions'],
  ])('is refused with the reason: %s %s', async (method, path, error) => {
    expect(await answer(path, { method })).toEqual([400, { error: expect.stringContaining(error) }])
    const response = await fetch(world.listening.url + path, { method })
    expect(response.headers.get('x-should-retry')).toBe('false')
    await response.text()
  })

  it('is not found for a model that is not there', async () => {
    expect(await answer('/v2/models/none/config')).toEqual([404, { error: 'there is no route "none"' }])
    expect(await answer('/v2/health')).toEqual([404, { error: 'there is nothing at /v2/health' }])
  })
})

describe('a binary body', () => {
  const payload: Extract<InferPayload, { kind: 'tensors' }> = {
    kind: 'tensors',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2] }],
  }
  const body = bytesPayloadOf(payload, true)
  const post = ({ bytes, headers }: typeof body): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', ...headers },
    body: bytes as Uint8Array<ArrayBuffer>,
  })

  it.each([
    [
      'cut',
      { ...body, bytes: body.bytes.subarray(0, -1) },
      'the length of the binary data is 7; write 8 bytes, as the tensors say',
    ],
    [
      'with an odd header',
      { ...body, headers: { [inferenceHeader]: 'x' } },
      `${inferenceHeader} is "x"; write a whole number up to`,
    ],
    ['with a wrong header', { ...body, headers: { [inferenceHeader]: '9' } }, 'the JSON of the body is'],
  ])('is refused before any upstream when it is %s', async (_what, wrong, error) => {
    expect(await answer('/v2/models/digits/infer', post(wrong))).toEqual([
      400,
      { error: expect.stringContaining(error) },
    ])
  })

  it('without JSON is passed on to the upstream, which knows its only input', async () => {
    const raw = { ...body, bytes: Uint8Array.of(1, 2), headers: { [inferenceHeader]: '0' } }
    const [status] = await answer('/v2/models/digits/infer', post(raw))
    // This provider does not.
    expect(status).toBe(400)
  })

  /** Guardrails that look into every body, and change the tensors in it. */
  const guarded = (): Promise<GatewayWorld> =>
    worldWith(true, {
      layers: {
        guardrailsIn: [
          {
            checkRequest({ body: asked }: { body: unknown }) {
              const { inputs, ...rest } = tensorPayloadOf(asked as InferPayload)
              if (inputs.some(({ data }) => data.includes(13)))
                throw new ModelspineError('bad-request', '13 is not allowed')
              return { ...rest, inputs: inputs.map((input): Tensor => ({ ...input, data: [10, 20] })) }
            },
          },
        ],
        guardrailsOut: [
          {
            checkReply(_request: unknown, reply: unknown): InferReply {
              const { outputs, ...rest } = tensorReplyOf(reply as InferReply)
              return {
                ...rest,
                outputs: outputs.map((each) => ({
                  ...each,
                  data: each.data.map((value) => Number(value) + 1),
                })),
              }
            },
            checkStream: (_request: unknown, pieces: unknown) => pieces,
          },
        ],
      },
    })

  it('can be read and changed by guardrails, and is answered in the form that was asked for', async () => {
    const other = await guarded()
    const ask = async (asked: InferPayload): Promise<InferReply> => {
      const sent = asked.kind === 'bytes' ? asked : bytesPayloadOf(asked, false)
      const response = await fetch(`${other.listening.url}/v2/models/digits/infer`, {
        ...post(sent),
        headers: { 'content-type': sent.contentType, ...sent.headers },
      })
      const split = response.headers.get(inferenceHeader)
      return {
        kind: 'bytes',
        contentType: response.headers.get('content-type') ?? '',
        bytes: new Uint8Array(await response.arrayBuffer()),
        ...(split !== null && { headers: { [inferenceHeader]: split } }),
      }
    }
    const outputs = [{ name: 'x', datatype: 'FP32', shape: [2], data: [21, 41] }]
    for (const [asked, isBinary] of [
      [body, true],
      [bytesPayloadOf({ ...payload, parameters: { binary_data_output: false } }, true), false],
      [payload, false],
      [{ ...payload, outputs: [{ name: 'x', parameters: { binary_data: true } }] }, true],
    ] as const) {
      const reply = await ask(asked)
      expect(tensorReplyOf(reply)).toEqual({ kind: 'tensors', model: 'digits', outputs })
      expect(reply.kind === 'bytes' && reply.headers !== undefined).toBe(isBinary)
    }
    const refused = { ...payload, inputs: [{ ...payload.inputs[0], data: [13, 0] } as Tensor] }
    expect(await answer('/v2/models/digits/infer', post(bytesPayloadOf(refused, true)), other)).toEqual([
      400,
      { error: '13 is not allowed' },
    ])
    await other.close()
  })
})
