import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Ajv, type ValidateFunction } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Model } from '../../../examples/quickstart/models/model.ts'
import { createModelServer } from '../../../examples/quickstart/serving/create-model-server.ts'

/** For the first ten pixels: when pixel k is lit, the model answers label k. */
const model: Model = {
  features: 'pixels',
  layers: [
    {
      inputs: 784,
      outputs: 10,
      weights: Float32Array.from({ length: 7840 }, (_, at) => (at < 100 && at % 11 === 0 ? 8 : 0)),
      biases: new Float32Array(10),
    },
  ],
}
const dots = (...pixels: readonly number[]): number[][] =>
  pixels.map((lit) => Array.from({ length: 784 }, (_, pixel) => (pixel === lit ? 1 : 0)))
const image = (changes: object = {}): Record<string, unknown> => ({
  name: 'image',
  datatype: 'FP32',
  shape: [1, 784],
  data: dots(3)[0],
  ...changes,
})

let server: Server
let base: string
beforeAll(async () => {
  server = createModelServer({ name: 'digits', version: 'v1', model })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
})

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const reply = await fetch(base + path)
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}

async function infer(
  request: unknown,
  path = '/v2/models/digits/infer',
): Promise<{ status: number; body: Record<string, unknown> }> {
  const body = typeof request === 'string' ? request : JSON.stringify(request)
  const reply = await fetch(base + path, { method: 'POST', body })
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}

describe('the model server', () => {
  it('says that it is live, and that it and its model are ready', async () => {
    for (const path of [
      '/v2/health/live',
      '/v2/health/ready',
      '/v2/models/digits/ready',
      '/v2/models/digits/versions/v1/ready',
    ]) {
      expect((await get(path)).status).toBe(200)
    }
  })

  it('names the digit of each image, with its scores', async () => {
    const { status, body } = await infer({ id: '42', inputs: [image({ shape: [2, 784], data: dots(3, 7) })] })
    expect(status).toBe(200)
    expect(body).toMatchObject({ model_name: 'digits', model_version: 'v1', id: '42' })
    const [label, scores] = body.outputs as [Record<string, unknown>, { data: number[]; shape: number[] }]
    expect(label).toEqual({ name: 'label', datatype: 'INT64', shape: [2], data: [3, 7] })
    expect(scores).toMatchObject({ name: 'scores', datatype: 'FP32', shape: [2, 10] })
    expect(scores.data.slice(0, 10).reduce((sum, score) => sum + score)).toBeCloseTo(1)
    expect(scores.data.indexOf(Math.max(...scores.data.slice(10)), 10)).toBe(17)
  })

  it('takes bytes and floats, both as flat data and as rows', async () => {
    const bytes = dots(5).map((row) => row.map((value) => value * 255))
    const asked = [
      image({ datatype: 'UINT8', data: bytes }),
      image({ datatype: 'UINT8', data: bytes.flat() }),
      image({ data: dots(5) }),
      image({ data: dots(5).flat() }),
    ]
    const replies = await Promise.all(asked.map((input) => infer({ inputs: [input] })))
    for (const { body } of replies) expect(body).toEqual(replies[0]?.body)
    expect(replies[0]?.body.outputs).toMatchObject([{ data: [5] }, {}])
  })

  it('answers with only the outputs that the request asks for', async () => {
    const { body } = await infer({ inputs: [image()], outputs: [{ name: 'label' }] })
    expect(body.outputs).toEqual([{ name: 'label', datatype: 'INT64', shape: [1], data: [3] }])
    const byVersion = await infer({ inputs: [image()] }, '/v2/models/digits/versions/v1/infer')
    expect(byVersion.body.outputs).toMatchObject([{ name: 'label' }, { name: 'scores' }])
  })

  it.each([
    ['a body that is not JSON', '{"inputs": [', 'the body is not JSON'],
    ['a body that is not an object', '[]', 'must be a JSON object'],
    ['no inputs', {}, "exactly one tensor, 'image'"],
    ['two inputs', { inputs: [image(), image()] }, "exactly one tensor, 'image'"],
    ['an input that is null', { inputs: [null] }, "no input nothing; this model takes 'image'"],
    ['an unknown input', { inputs: [image({ name: 'text' })] }, 'no input "text"'],
    ['another datatype', { inputs: [image({ datatype: 'BYTES' })] }, 'FP32 or UINT8, not "BYTES"'],
    ['a datatype named like a method', { inputs: [image({ datatype: 'toString' })] }, 'not "toString"'],
    ['another shape', { inputs: [image({ shape: [1, 28, 28] })] }, 'must be [n, 784], not [1,28,28]'],
    ['no image at all', { inputs: [image({ shape: [0, 784], data: [] })] }, 'must be [n, 784], not [0,784]'],
    ['too little data', { inputs: [image({ data: [0, 1] })] }, "needs 784 values, 'data' holds 2"],
    ['fewer values than a huge shape', { inputs: [image({ shape: [1e9, 784] })] }, "'data' holds 784"],
    ['no data', { inputs: [image({ data: undefined })] }, 'must be an array, not nothing'],
    ['rows of another length', { inputs: [image({ data: [[1, 2]] })] }, 'must hold 784 values'],
    ['data nested too deep', { inputs: [image({ data: [dots(3)] })] }, 'must hold 784 values'],
    [
      'text among the pixels',
      { inputs: [image({ data: Array(784).fill('1') })] },
      'pixel 0: "1" is not a FP32',
    ],
    ['a value too large', { inputs: [image({ data: Array(784).fill(255) })] }, 'pixel 0: 255 is not a FP32'],
    [
      'half a byte',
      { inputs: [image({ datatype: 'UINT8', data: Array(784).fill(0.5) })] },
      '0.5 is not a UINT8',
    ],
    ['an unknown output', { inputs: [image()], outputs: [{ name: 'logits' }] }, 'no output "logits"'],
    ['an output that is null', { inputs: [image()], outputs: [null] }, 'no output without a name'],
    ['outputs that are not an array', { inputs: [image()], outputs: {} }, "'outputs' must be an array"],
    ['an id that is not a string', { id: 42, inputs: [image()] }, "'id' must be a string"],
  ])('refuses %s with 400 and says why', async (_, request, message) => {
    const { status, body } = await infer(request)
    expect(status).toBe(400)
    expect(body.error).toContain(message)
  })

  it('answers 404 for unknown paths, models and versions', async () => {
    for (const path of ['/', '/v1', '/v2/constructor', '/v2/models/digits/explain', '/v2/models']) {
      expect((await get(path)).status, path).toBe(404)
    }
    expect(await get('/v2/models/churn')).toEqual({
      status: 404,
      body: { error: "no model 'churn', only 'digits'" },
    })
    expect((await get('/v2/models/digits/versions/v2')).body.error).toBe(
      "no version 'v2' of 'digits', only 'v1'",
    )
  })

  it('refuses a badly encoded path, a wrong method and a body that is too large', async () => {
    expect((await get('/v2/models/%zz')).status).toBe(400)
    expect((await get('/v2/models/digits/infer')).status).toBe(405)
    expect(await infer('x'.repeat(9 * 1024 * 1024))).toMatchObject({
      status: 413,
      body: { error: 'the body is larger than 8388608 bytes' },
    })
  })
})

describe('the model server beside the official interface', () => {
  const official = new URL('../../../../shared/truth/open-inference-rest.yaml', import.meta.url)
  const schemas = existsSync(official) ? compile(readFileSync(official, 'utf8')) : undefined

  it.for<[schema: string, ask: () => ReturnType<typeof get>]>([
    ['metadata_server_response', () => get('/v2/')],
    ['metadata_model_response', () => get('/v2/models/digits/versions/v1')],
    ['metadata_model_error_response', () => get('/v2/models/churn')],
    ['inference_response', () => infer({ id: 'a', inputs: [image()] })],
    ['inference_error_response', () => infer({})],
  ])('conforms to %s', async ([schema, ask], { skip }) => {
    if (!schemas) return skip('the official interface is not on this machine')
    const validate = schemas(schema)
    expect(validate((await ask()).body), JSON.stringify(validate.errors)).toBe(true)
  })

  it('takes a request that conforms to inference_request', ({ skip }) => {
    if (!schemas) return skip('the official interface is not on this machine')
    const validate = schemas('inference_request')
    expect(validate({ id: 'a', inputs: [image()], outputs: [{ name: 'label' }] })).toBe(true)
  })
})

function compile(yaml: string): (schema: string) => ValidateFunction {
  const ajv = new Ajv({ strict: false })
  ajv.addSchema(parse(yaml), 'official')
  return (schema) => {
    const validate = ajv.getSchema(`official#/components/schemas/${schema}`)
    if (!validate) throw new Error(`the official interface has no ${schema}`)
    return validate
  }
}
