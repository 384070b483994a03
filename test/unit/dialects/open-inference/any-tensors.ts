import fc from 'fast-check'
import type { InferPayload, InferReply, Tensor } from '../../../../src/provider/contract.ts'

const float16 = new Float16Array(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).buffer)
const bfloat16 = new Float32Array(Uint32Array.from({ length: 2 ** 16 }, (_, bits) => bits * 2 ** 16).buffer)

const exact = (min: bigint, max: bigint): fc.Arbitrary<number | bigint> =>
  fc.oneof(fc.bigInt({ min, max }), fc.bigInt({ min: min / 2n ** 11n, max: 2n ** 53n })).map((value) => {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  })

const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

/** Values as a reader gives them, so that what is written and read again is the same. */
export const valuesByDatatype: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  BOOL: fc.boolean(),
  UINT8: whole(0, 255),
  UINT16: whole(0, 65_535),
  UINT32: whole(0, 2 ** 32 - 1),
  UINT64: exact(0n, 2n ** 64n - 1n),
  INT8: whole(-128, 127),
  INT16: whole(-(2 ** 15), 2 ** 15 - 1),
  INT32: whole(-(2 ** 31), 2 ** 31 - 1),
  INT64: exact(-(2n ** 63n), 2n ** 63n - 1n),
  FP16: whole(0, 65_535).map((bits) => float16[bits]),
  BF16: whole(0, 65_535).map((bits) => bfloat16[bits]),
  FP32: fc.float(),
  FP64: fc.double(),
  BYTES: fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    // No UTF-8 begins so.
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Uint8Array.of(0xff, ...bytes)),
  ),
}

const shape = fc.array(fc.nat({ max: 3 }), { maxLength: 3 })

const parameters = fc.option(
  fc.dictionary(fc.constantFrom('content_type', 'scale'), fc.oneof(fc.integer(), fc.string()), {
    minKeys: 1,
  }),
  { nil: undefined },
)

export function anyTensor(names: fc.Arbitrary<string> = fc.string()): fc.Arbitrary<Tensor> {
  return fc
    .record({ name: names, datatype: fc.constantFrom(...Object.keys(valuesByDatatype)), shape, parameters })
    .chain(({ parameters: said, ...rest }) => {
      const length = rest.shape.reduce((product, size) => product * size, 1)
      const values = valuesByDatatype[rest.datatype] as fc.Arbitrary<unknown>
      return fc.array(values, { minLength: length, maxLength: length }).map((data) => ({
        ...rest,
        data,
        ...(said !== undefined && { parameters: said }),
      }))
    })
}

const flag = fc.option(fc.boolean(), { nil: undefined })

export const anyPayload: fc.Arbitrary<Extract<InferPayload, { kind: 'tensors' }>> = fc
  .record(
    {
      id: fc.string(),
      inputs: fc.array(anyTensor(), { minLength: 1, maxLength: 3 }),
      outputs: fc.array(
        fc.oneof(
          fc.string(),
          fc.record({ name: fc.string(), parameters: fc.record({ binary_data: fc.boolean() }) }),
        ),
        { maxLength: 2 },
      ),
      parameters: fc.record({ binary_data_output: fc.boolean(), priority: fc.nat() }),
    },
    { requiredKeys: ['inputs'] },
  )
  .map((payload) => ({ kind: 'tensors', ...payload }))

/** A reply, and of each of its outputs whether it is sent as bytes. */
export const anyReply: fc.Arbitrary<{
  readonly reply: Extract<InferReply, { kind: 'tensors' }>
  readonly binary: readonly boolean[]
}> = fc.array(fc.tuple(anyTensor(), flag), { maxLength: 4 }).map((outputs) => ({
  reply: {
    kind: 'tensors',
    model: 'm',
    outputs: outputs.map(([tensor], place) => ({ ...tensor, name: `o${place}` })),
  },
  // Many of these values have no form in JSON.
  binary: outputs.map(([tensor, chosen]) => chosen !== false || !isSayable(tensor)),
}))

function isSayable({ data }: Tensor): boolean {
  return data.every((value) => {
    if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
    return typeof value === 'string' || typeof value === 'boolean'
  })
}
