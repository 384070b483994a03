import { describe, expect, it } from 'vitest'
import {
  inferReplyBody,
  inferRequestBody,
  parseInferRequest,
  readInferReply,
} from '../../../../src/dialects/open-inference/infer-json.ts'
import { openTruth } from '../../../truth.ts'

const truth = openTruth('open-inference-rest.yaml')
const tensor = { name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] }

describe('parseInferRequest', () => {
  it('reads optional fields, and flattens nested data', () => {
    const nested = {
      ...tensor,
      data: [
        [1, 2],
        [3, 4],
      ],
    }
    expect(parseInferRequest({ inputs: [nested] })).toEqual({ kind: 'tensors', inputs: [tensor] })
    expect(
      parseInferRequest({ id: '1', inputs: [tensor], outputs: [{ name: 'y' }], parameters: { a: 1 } }),
    ).toEqual({ kind: 'tensors', id: '1', inputs: [tensor], outputs: ['y'], parameters: { a: 1 } })
  })

  it.each([
    [{}, 'inputs is missing; write a list of at least one tensor'],
    [{ inputs: [] }, 'inputs is an empty list; write a list of at least one tensor'],
    [{ inputs: [{ ...tensor, shape: '2,2' }] }, 'inputs[0].shape is "2,2"; write a list'],
    [
      { inputs: [{ ...tensor, shape: [2, -1] }] },
      'inputs[0].shape is a list of 2; write a list of whole numbers',
    ],
    [{ inputs: [{ ...tensor, data: [1] }] }, 'inputs[0].data is 1; write 4 values, as the shape [2, 2] says'],
    [{ inputs: [{ ...tensor, name: 1 }] }, 'inputs[0].name is 1; write a string'],
    [
      { inputs: [{ ...tensor, datatype: null }] },
      'inputs[0].datatype is missing; write a datatype such as FP32',
    ],
    [{ inputs: [tensor], outputs: ['y'] }, 'outputs[0] is "y"; write an object'],
  ])('refuses %j and names the wrong field', (body, text) => {
    expect(() => parseInferRequest(body)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(text) }),
    )
  })
})

describe('readInferReply', () => {
  it('ignores missing and unknown fields that it does not need', () => {
    const body = { model_name: 'm', outputs: [{ name: 'y', data: [[1], [2]], extra: 1 }] }
    expect(readInferReply(body)).toEqual({
      kind: 'tensors',
      model: 'm',
      outputs: [{ name: 'y', datatype: '', shape: [2], data: [1, 2] }],
    })
  })

  it.each([null, {}, { outputs: [{}] }, { outputs: [{ name: 'y' }] }])(
    'throws malformed-reply for %j',
    (body) => {
      expect(() => readInferReply(body)).toThrow(expect.objectContaining({ code: 'malformed-reply' }))
    },
  )
})

describe.skipIf(truth.missing !== undefined)('a body written in Open Inference V2', () => {
  const payload = {
    kind: 'tensors',
    id: '1',
    inputs: [tensor],
    outputs: ['y'],
    parameters: { a: 1 },
  } as const
  const reply = { kind: 'tensors', id: '1', version: '2', outputs: [tensor], parameters: { a: 1 } } as const

  it('is a valid request of the protocol, and reads back unchanged', () => {
    for (const each of [payload, { kind: 'tensors', inputs: [tensor] } as const]) {
      const body = inferRequestBody(each)
      expect(truth.problems('inference_request', body, true)).toEqual([])
      expect(parseInferRequest(body)).toEqual(each)
    }
  })

  it('is a valid reply of the protocol, and reads back unchanged', () => {
    for (const each of [reply, { kind: 'tensors', outputs: [tensor] } as const]) {
      const body = inferReplyBody(each, 'm')
      expect(truth.problems('inference_response', body, true)).toEqual([])
      expect(readInferReply(body)).toEqual({ ...each, model: 'm' })
    }
  })

  it('fails this check when it is wrong', () => {
    expect(
      truth.problems('inference_request', { ...inferRequestBody(payload), invented: 1 }, true),
    ).not.toEqual([])
    expect(truth.problems('inference_request', { inputs: [{ name: 'x' }] })).not.toEqual([])
  })
})
