import { describe, expect, it } from 'vitest'
import { signatureOf } from '../../../adapters/mlflow/versions/column-types.ts'

const columns = (...types: readonly string[]): string =>
  JSON.stringify(types.map((type) => ({ type, name: type, required: true })))

const tensor = (dtype: string, shape: readonly number[] = [-1]): string =>
  JSON.stringify([{ type: 'tensor', 'tensor-spec': { dtype, shape } }])

describe('the signature of an MLflow model', () => {
  it.each([
    ['boolean', 'BOOL'],
    ['integer', 'INT32'],
    ['long', 'INT64'],
    ['float', 'FP32'],
    ['double', 'FP64'],
    ['string', 'BYTES'],
    ['binary', 'BYTES'],
    ['datetime', 'BYTES'],
  ])('gives a column of %s as %s', (type, datatype) => {
    const signature = signatureOf({ inputs: columns(type), outputs: null })
    expect(signature).toEqual({ inputs: [{ name: type, datatype, shape: [-1, 1] }], outputs: [] })
  })

  it('gives lists, objects and maps as texts, because they are sent as JSON', () => {
    const inputs = JSON.stringify([
      { type: 'array', items: { type: 'double' }, name: 'list' },
      { type: 'object', properties: { a: { type: 'long' } }, name: 'object' },
      { type: 'map', values: { type: 'string' }, name: 'map' },
      { type: 'any', name: 'any' },
    ])
    const shape = [-1, 1]
    expect(signatureOf({ inputs })?.inputs).toEqual(
      ['list', 'object', 'map', 'any'].map((name) => ({ name, datatype: 'BYTES', shape })),
    )
  })

  it.each([
    ['float16', 'FP16'],
    ['float32', 'FP32'],
    ['float64', 'FP64'],
    ['int8', 'INT8'],
    ['uint64', 'UINT64'],
    ['bool', 'BOOL'],
    ['object', 'BYTES'],
    ['<U7', 'BYTES'],
    ['|S3', 'BYTES'],
    ['str', 'BYTES'],
    ['datetime64[ns]', 'BYTES'],
  ])('gives a tensor of %s as %s, with its shape and a name by its place', (dtype, datatype) => {
    const signature = signatureOf({ inputs: tensor(dtype, [-1, 28, 28]), outputs: tensor('float32') })
    expect(signature).toEqual({
      inputs: [{ name: 'input-0', datatype, shape: [-1, 28, 28] }],
      outputs: [{ name: 'output-0', datatype: 'FP32', shape: [-1] }],
    })
  })

  it.each([
    ['a type that Open Inference does not have', tensor('complex64')],
    ['a text that is not JSON', '[{'],
    ['another form', '{"a":1}'],
    ['a shape that is none', tensor('float32', [-2])],
    ['a tensor without its type', '[{"type":"tensor"}]'],
  ])('is left out whole for %s', (_what, inputs) => {
    expect(signatureOf({ inputs, outputs: tensor('float32') })).toBeUndefined()
  })

  it('is left out when there is none', () => {
    expect(signatureOf({})).toBeUndefined()
    expect(signatureOf({ inputs: '', outputs: null })).toBeUndefined()
  })
})
