import { describe, expect, it } from 'vitest'
import { openInferencePrediction } from '../../../src/feedback/prediction-of.ts'
import type { InferReply } from '../../../src/provider/contract.ts'
import { jsonReply, tensorReply } from './replies.ts'

describe('a prediction', () => {
  it.each([
    ['the output named label, at any place', tensorReply(['scores', 0.1, 0.9], ['label', 1]), 1],
    ['prediction before output', tensorReply(['output', 5], ['prediction', 6]), 6],
    ['the first output when none has such a name', tensorReply(['predict', 3], ['scores', 0.5]), 3],
    ['all instances of a batch', tensorReply(['label', 1, 2, 3]), [1, 2, 3]],
    ['the data of JSON bytes', jsonReply({ outputs: [{ name: 'label', data: [7] }] }), 7],
    ['nested data, flat', jsonReply({ outputs: [{ name: 'label', data: [[1], [2]] }] }), [1, 2]],
  ])('is %s', (_, reply, prediction) => {
    expect(openInferencePrediction(reply)).toEqual(prediction)
  })

  it.each([
    ['no outputs', tensorReply()],
    ['an empty output', tensorReply(['label'])],
    ['JSON of another kind', jsonReply({ answer: 42 })],
    ['null', jsonReply(null)],
    ['outputs that are not tensors', jsonReply({ outputs: [null, 3, { name: 'label' }] })],
    [
      'bytes that are not JSON',
      { kind: 'bytes', contentType: 'image/png', bytes: new Uint8Array([137, 80]) } as const,
    ],
  ])('is unknown for %s', (_, reply) => {
    expect(openInferencePrediction(reply)).toBeUndefined()
  })

  it.each([
    ['INT64', 2, new Uint8Array(new BigInt64Array([3n, -4n]).buffer), [3, -4]],
    ['INT64', 1, new Uint8Array(new BigInt64Array([2n ** 60n]).buffer), 2n ** 60n],
    ['INT32', 2, new Uint8Array(new Int32Array([3, -4]).buffer), [3, -4]],
    ['FP32', 1, new Uint8Array(new Float32Array([0.5]).buffer), 0.5],
    ['FP16', 1, new Uint8Array([0, 60]), 1],
    ['BF16', 1, new Uint8Array([128, 63]), 1],
    ['BOOL', 2, new Uint8Array([1, 0]), [true, false]],
    ['BYTES', 2, new Uint8Array([3, 0, 0, 0, 99, 97, 116, 0, 0, 0, 0]), ['cat', '']],
    ['FP32', 2, new Uint8Array(new Float32Array([0.5]).buffer), undefined],
    ['FP8', 2, new Uint8Array([0, 0]), undefined],
    ['constructor', 2, new Uint8Array([0, 0]), undefined],
  ])('is read from binary data of datatype %s with %i values', (datatype, count, data, prediction) => {
    const before = new Uint8Array([9, 9, 9])
    expect(
      openInferencePrediction(
        binaryReply([
          { name: 'scores', datatype: 'UINT8', shape: [3], data: before },
          { name: 'label', datatype, shape: [count], data },
        ]),
      ),
    ).toEqual(prediction)
  })

  it('is unknown when nobody says how many values binary data has', () => {
    const reply = binaryReply([{ name: 'label', datatype: 'UINT8', data: new Uint8Array(1) }])
    expect(openInferencePrediction(reply)).toBeUndefined()
  })

  it('is unknown when binary data is cut short', () => {
    const reply = binaryReply([{ name: 'label', datatype: 'INT64', shape: [1], data: new Uint8Array(8) }])
    if (reply.kind !== 'bytes') throw new Error('bytes were made')
    expect(openInferencePrediction({ ...reply, bytes: reply.bytes.subarray(0, -1) })).toBeUndefined()
  })
})

function binaryReply(
  outputs: readonly {
    readonly name: string
    readonly datatype: string
    readonly shape?: readonly number[]
    readonly data: Uint8Array
  }[],
): InferReply {
  const body = {
    outputs: outputs.map(({ data, ...rest }) => ({
      ...rest,
      parameters: { binary_data_size: data.byteLength },
    })),
  }
  const json = new TextEncoder().encode(JSON.stringify(body))
  return {
    kind: 'bytes',
    contentType: 'application/octet-stream',
    headers: { 'inference-header-content-length': String(json.byteLength) },
    bytes: Buffer.concat([json, ...outputs.map(({ data }) => data)]),
  }
}
