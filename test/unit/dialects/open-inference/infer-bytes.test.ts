import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inferenceHeader } from '../../../../src/dialects/open-inference/binary-fault.ts'
import {
  asksBinary,
  bytesPayloadOf,
  bytesReplyOf,
  type InferBytes,
  tensorPayloadOf,
  tensorReplyOf,
} from '../../../../src/dialects/open-inference/infer-bytes.ts'
import { isModelspineError } from '../../../../src/errors.ts'
import type { InferPayload, Tensor } from '../../../../src/provider/contract.ts'
import { draws } from '../../../draws.ts'
import { anyPayload, anyReply } from './any-tensors.ts'

const runs = { numRuns: draws(300, 3000) }
const tensor: Tensor = { name: 'x', datatype: 'FP32', shape: [2], data: [0.5, -1] }
const payloadOf = (...inputs: readonly Tensor[]): Extract<InferPayload, { kind: 'tensors' }> => ({
  kind: 'tensors',
  inputs,
})

/** A body of bytes with this JSON and what follows it. */
function bodyOf(json: unknown, tail: readonly number[] = [], split?: string): InferBytes {
  const head = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  return {
    kind: 'bytes',
    contentType: 'application/octet-stream',
    bytes: Buffer.concat([head, Uint8Array.from(tail)]),
    headers: { [inferenceHeader]: split ?? String(head.length) },
  }
}

const headOf = ({ bytes, headers }: InferBytes): unknown =>
  JSON.parse(Buffer.from(bytes.subarray(0, Number(headers?.[inferenceHeader]))).toString())

describe('a binary request', () => {
  it('has the values of its inputs after the JSON, in their order, and asks for all outputs in that form', () => {
    const made = bytesPayloadOf(
      {
        ...payloadOf(
          { ...tensor, parameters: { scale: 2 } },
          { name: 'w', datatype: 'BYTES', shape: [1], data: ['a'] },
        ),
        id: 'one',
        outputs: ['y', { name: 'z', parameters: { binary_data: false } }],
      },
      true,
    )
    expect(headOf(made)).toEqual({
      id: 'one',
      parameters: { binary_data_output: true },
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [2], parameters: { scale: 2, binary_data_size: 8 } },
        { name: 'w', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 5 } },
      ],
      outputs: [
        { name: 'y', parameters: { binary_data: true } },
        { name: 'z', parameters: { binary_data: false } },
      ],
    })
    const split = Number(made.headers?.[inferenceHeader])
    expect([...made.bytes.subarray(split)]).toEqual([0, 0, 0, 63, 0, 0, 128, 191, 1, 0, 0, 0, 97])
    expect(made.contentType).toBe('application/octet-stream')
  })

  it('says what it said when it is read again, whatever it says', () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const parameters = { binary_data_output: true, ...payload.parameters }
        const binary_data = parameters.binary_data_output
        const outputs = payload.outputs?.map((output) =>
          typeof output === 'string' ? { name: output, parameters: { binary_data } } : output,
        )
        expect(tensorPayloadOf(bytesPayloadOf(payload, true))).toEqual({
          ...payload,
          parameters,
          ...(outputs && { outputs }),
        })
      }),
      runs,
    )
  })

  it('leaves it to the request which outputs are binary', () => {
    const parameters = { binary_data_output: false }
    const outputs = ['y', { name: 'z', parameters: { classification: 3 } }]
    expect(headOf(bytesPayloadOf({ ...payloadOf(tensor), outputs, parameters }, true))).toMatchObject({
      parameters,
      outputs: [
        { name: 'y', parameters: { binary_data: false } },
        { name: 'z', parameters: { binary_data: false, classification: 3 } },
      ],
    })
  })

  it('may have inputs of both forms', () => {
    const inputs = [
      { ...tensor, parameters: { binary_data_size: 8 }, data: undefined },
      { name: 'n', datatype: 'INT32', shape: [1, 2], data: [[1, 2]] },
      { name: 'b', datatype: 'BOOL', shape: [1], parameters: { binary_data_size: 1 } },
    ]
    const read = tensorPayloadOf(bodyOf({ inputs }, [0, 0, 0, 63, 0, 0, 128, 191, 1]))
    expect(read.inputs).toEqual([
      tensor,
      { name: 'n', datatype: 'INT32', shape: [1, 2], data: [1, 2] },
      { name: 'b', datatype: 'BOOL', shape: [1], data: [true] },
    ])
  })

  const sized = (size: unknown, more: object = {}): unknown => ({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2], parameters: { binary_data_size: size }, ...more }],
  })
  const eight = [0, 0, 0, 63, 0, 0, 128, 191]

  it.each<[string, InferBytes, string]>([
    [
      'cut',
      bodyOf(sized(8), eight.slice(1)),
      'inputs[0].parameters.binary_data_size is 8; write a whole number up to 7',
    ],
    [
      'with bytes left over',
      bodyOf(sized(8), [...eight, 0]),
      'the length of the binary data is 9; write 8 bytes',
    ],
    ['with a negative size', bodyOf(sized(-1), eight), 'inputs[0].parameters.binary_data_size is -1; write'],
    [
      'with a size that is no number',
      bodyOf(sized('8'), eight),
      'inputs[0].parameters.binary_data_size is "8"; write',
    ],
    ['with half a byte', bodyOf(sized(7.5), eight), 'inputs[0].parameters.binary_data_size is 7.5; write'],
    [
      'whose size does not fit its shape',
      bodyOf(sized(4), eight.slice(4)),
      'inputs[0].parameters.binary_data_size is 4; write 8 bytes, which are 2 values of FP32',
    ],
    [
      'whose shape is huge',
      bodyOf(sized(8, { shape: [2 ** 40, 2 ** 40] }), eight),
      'inputs[0].parameters.binary_data_size is 8; write',
    ],
    [
      'with a shape that is none',
      bodyOf(sized(8, { shape: [-2] }), eight),
      'inputs[0].shape is a list of 1; write',
    ],
    [
      'of an unknown datatype',
      bodyOf(sized(8, { datatype: 'FP8' }), eight),
      'inputs[0].datatype is "FP8"; write a datatype of',
    ],
    [
      'with values in both places',
      bodyOf(sized(8, { data: [1, 2] }), eight),
      'inputs[0].data is a list of 2; write',
    ],
    [
      'with values in no place',
      bodyOf(sized(undefined), eight),
      'inputs[0].data is missing; write a list of values, or',
    ],
    [
      'without the length of its JSON',
      { ...bodyOf(sized(8)), headers: {} },
      `inputs[0].parameters.binary_data_size is 8; write data, because there is no ${inferenceHeader}`,
    ],
    [
      'whose JSON ends after it',
      bodyOf(sized(8), eight, '500'),
      `${inferenceHeader} is "500"; write a whole number up to`,
    ],
    ['whose JSON has a negative end', bodyOf(sized(8), eight, '-1'), `${inferenceHeader} is "-1"; write`],
    ['whose JSON has no end', bodyOf(sized(8), eight, ''), `${inferenceHeader} is ""; write`],
    ['whose JSON is cut by its length', bodyOf(sized(8), eight, '20'), 'the body is "'],
    ['without JSON', bodyOf(sized(8), eight, '0'), 'the body is ""; write JSON'],
    ['that is a list', bodyOf([]), 'the body is an empty list; write an object'],
  ])('is refused: %s', (_what, body, message) => {
    expect(() => tensorPayloadOf(body)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(message) }),
    )
  })

  it.each<[Tensor, string]>([
    [{ ...tensor, shape: [3] }, 'inputs[1].data is 2; write 3 values, as the shape [3] says'],
    [{ ...tensor, data: [0, 'a'] }, 'inputs[1].data[1] is "a"; write a number that FP32 holds'],
    [{ ...tensor, datatype: 'FLOAT' }, 'inputs[1].datatype is "FLOAT"; write a datatype of'],
    [
      { ...tensor, datatype: 'INT64', data: [1, 2n ** 64n] },
      'inputs[1].data[1] is 18446744073709551616; write',
    ],
  ])('is not made of tensors that are wrong', (wrong, message) => {
    expect(() => bytesPayloadOf(payloadOf(tensor, wrong), true)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(message) }),
    )
  })
})

describe('a request in JSON', () => {
  it.each<[unknown, string]>([
    [
      Number.NaN,
      'inputs[0].data[1] is NaN; write a value that JSON can say, or send the tensor as binary data',
    ],
    [Number.POSITIVE_INFINITY, 'inputs[0].data[1] is Infinity; write'],
    [2n ** 60n, 'inputs[0].data[1] is 1152921504606846976; write'],
    [Uint8Array.of(1), 'inputs[0].data[1] is an object; write'],
    [[0, Number.NaN], 'inputs[0].data[1][1] is NaN; write'],
  ])('is refused with %s, which JSON would change', (value, message) => {
    expect(() => bytesPayloadOf(payloadOf({ ...tensor, data: [1, value] }), false)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(message) }),
    )
  })

  it('is refused with values that are no list', () => {
    const data = new Float32Array(2) as never
    expect(() => bytesPayloadOf(payloadOf({ ...tensor, data }), false)).toThrow(
      'inputs[0].data is an object; write a list of values',
    )
  })

  it('is read as it was written', () => {
    const payload = { ...payloadOf({ ...tensor, parameters: { content_type: 'np' } }), outputs: ['y'] }
    const body = bytesPayloadOf(payload, false)
    expect([body.contentType, body.headers]).toEqual(['application/json', undefined])
    expect(tensorPayloadOf(body)).toEqual(payload)
    expect(tensorPayloadOf(payload)).toBe(payload)
  })

  it('is refused when it is nested more deeply than any tensor, however deeply', () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const json = `{"inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":${nested}}]}`
    expect(() => tensorPayloadOf({ ...bodyOf(json), headers: {} })).toThrow(
      expect.objectContaining({ code: 'bad-request' }),
    )
  })
})

describe('a binary reply', () => {
  it('says what it said when it is read again, with each output in the form that was chosen', () => {
    fc.assert(
      fc.property(anyReply, ({ reply, binary }) => {
        const body = bytesReplyOf(reply, 'm', (name) => binary[Number(name.slice(1))] === true)
        expect(tensorReplyOf(body)).toEqual(reply)
        expect(body.headers === undefined).toBe(!binary.includes(true))
      }),
      runs,
    )
  })

  it('has the outputs in the form that the request asked for', () => {
    const asked = {
      ...payloadOf(tensor),
      outputs: [
        'a',
        { name: 'b', parameters: { binary_data: true } },
        { name: 'c', parameters: { classification: 1 } },
      ],
    }
    const chosen = (payload: typeof asked): boolean[] =>
      ['a', 'b', 'c', 'other'].map(asksBinary({ ...payload }))
    expect(chosen(asked)).toEqual([false, true, false, false])
    expect(chosen({ ...asked, parameters: { binary_data_output: true } } as never)).toEqual([
      true,
      true,
      true,
      true,
    ])
  })

  const output = { name: 'y', datatype: 'INT32', shape: [1], parameters: { binary_data_size: 4, kept: 1 } }

  it('keeps the other parameters of its outputs', () => {
    expect(tensorReplyOf(bodyOf({ outputs: [output] }, [7, 0, 0, 0])).outputs).toEqual([
      { name: 'y', datatype: 'INT32', shape: [1], data: [7], parameters: { kept: 1 } },
    ])
  })

  it.each<[string, InferBytes, string]>([
    [
      'cut',
      bodyOf({ outputs: [output] }, [7, 0, 0]),
      'outputs[0].parameters.binary_data_size of the reply is 4, and not a whole number up to 3',
    ],
    [
      'longer than it says',
      bodyOf({ outputs: [output] }, [7, 0, 0, 0, 0]),
      'the length of the binary data of the reply is 5, and not 4 bytes',
    ],
    [
      'of another shape',
      bodyOf({ outputs: [{ ...output, shape: [2] }] }, [7, 0, 0, 0]),
      'outputs[0].parameters.binary_data_size of the reply is 4, and not 8 bytes',
    ],
    [
      'without a shape',
      bodyOf({ outputs: [{ ...output, shape: undefined }] }, [7, 0, 0, 0]),
      'outputs[0].shape of the reply is missing, and not',
    ],
    [
      'with its values twice',
      bodyOf({ outputs: [{ ...output, data: [7] }] }, [7, 0, 0, 0]),
      'the length of the binary data of the reply is 4, and not 0 bytes',
    ],
    [
      'that lost its header',
      { ...bodyOf({ outputs: [output] }), headers: {} },
      'outputs[0] of the reply has no name or no data',
    ],
    [
      'with a header that is no number',
      bodyOf({ outputs: [] }, [], '1e1'),
      `${inferenceHeader} of the reply is "1e1", and not`,
    ],
  ])('is malformed: %s', (_what, body, message) => {
    expect(() => tensorReplyOf(body)).toThrow(
      expect.objectContaining({
        code: 'malformed-reply',
        retryable: true,
        message: expect.stringContaining(message),
      }),
    )
  })

  it('is not made of values that its form cannot say', () => {
    const reply = { kind: 'tensors', outputs: [{ ...tensor, data: [1, Number.NaN] }] } as const
    expect(() => bytesReplyOf(reply, 'm', () => false)).toThrow(
      expect.objectContaining({
        code: 'malformed-reply',
        retryable: false,
        message: expect.stringContaining('outputs[0].data[1] of the reply is NaN'),
      }),
    )
    expect(tensorReplyOf(bytesReplyOf(reply, 'm', () => true)).outputs).toEqual(reply.outputs)
  })
})

describe('bytes that are no body of the protocol', () => {
  /** Where a body is damaged, and how. */
  const damage = fc.record({
    kind: fc.constantFrom('cut', 'flipped', 'split', 'longer'),
    at: fc.nat(),
    by: fc.integer({ min: 1, max: 255 }),
  })

  it('are refused, or are another body that is whole: never an accident, and no value out of nothing', () => {
    fc.assert(
      fc.property(anyPayload, damage, (payload, { kind, at, by }) => {
        const body = bytesPayloadOf(payload, true)
        const bytes = Buffer.from(body.bytes)
        const place = at % bytes.length
        if (kind === 'flipped') bytes[place] = (bytes[place] as number) ^ by
        const split = kind === 'split' ? String(place) : body.headers?.[inferenceHeader]
        const damaged: InferBytes = {
          ...body,
          bytes:
            kind === 'cut'
              ? bytes.subarray(0, place)
              : kind === 'longer'
                ? Buffer.concat([bytes, Buffer.alloc(by)])
                : bytes,
          headers: { [inferenceHeader]: split ?? '' },
        }
        const outcome = outcomeOf(() => tensorPayloadOf(damaged))
        if (kind !== 'flipped' && split !== body.headers?.[inferenceHeader])
          expect(outcome).toBe('bad-request')
        else if (kind === 'cut' || kind === 'longer') expect(outcome).toBe('bad-request')
        else expect(['bad-request', 'read']).toContain(outcome)
      }),
      runs,
    )
  })

  it('are refused whatever they are', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.oneof(fc.nat({ max: 50 }).map(String), fc.string()),
        (bytes, split) => {
          const body: InferBytes = {
            kind: 'bytes',
            contentType: 'x',
            bytes,
            headers: { [inferenceHeader]: split },
          }
          expect(outcomeOf(() => tensorPayloadOf(body))).toBe('bad-request')
          expect(outcomeOf(() => tensorReplyOf(body))).toBe('malformed-reply')
        },
      ),
      runs,
    )
  })
})

function outcomeOf(read: () => unknown): string {
  try {
    read()
    return 'read'
  } catch (error) {
    return isModelspineError(error) ? error.code : String(error)
  }
}
