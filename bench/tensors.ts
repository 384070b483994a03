import { performance } from 'node:perf_hooks'
import {
  bytesPayloadOf,
  bytesReplyOf,
  type Tensor,
  type TensorPayload,
  tensorReplyOf,
} from 'modelspine/adapter'
import { type BenchResult, median } from './bench.ts'

/** So many values of FP32 are 1 MiB. */
const length = 2 ** 18
const rounds = 15

/**
 * What the form of tensors costs whoever asks: one request with a tensor of 1 MiB is written, and a reply of the same size
 * is read. Compared with JSON of the same values, and with copying them between typed arrays, by turns.
 */
export async function run(): Promise<BenchResult> {
  const values = Float32Array.from({ length }, (_, place) => Math.sin(place))
  const tensor: Tensor = { name: 'x', datatype: 'FP32', shape: [length], data: [...values] }
  const payload: TensorPayload = { kind: 'tensors', inputs: [tensor] }
  const micros = { binary: [] as number[], json: [] as number[], copied: [] as number[] }
  let bytes = { binary: 0, json: 0 }
  for (let round = -3; round < rounds; round += 1) {
    const [binary, binaryBytes] = exchange(payload, true)
    const [json, jsonBytes] = exchange(payload, false)
    const copied = copy(values)
    bytes = { binary: binaryBytes, json: jsonBytes }
    if (round < 0) continue
    micros.binary.push(binary)
    micros.json.push(json)
    micros.copied.push(copied)
  }
  const ratio = (other: readonly number[]): number =>
    median(micros.binary.map((each, round) => each / (other[round] ?? Number.NaN)))
  return {
    name: 'tensors',
    rows: [
      {
        what: '1 MiB of FP32 written and read as binary data, compared with JSON',
        value: ratio(micros.json),
        unit: '×',
        aim: { atMost: 0.2 },
      },
      { what: 'the same, compared with copies of typed arrays', value: ratio(micros.copied), unit: '×' },
      { what: 'bytes of the request, compared with JSON', value: bytes.binary / bytes.json, unit: '×' },
    ],
  }
}

/** The time to write the request and to read a reply of the same tensors, and how many bytes the request has. */
function exchange(payload: TensorPayload, binary: boolean): [micros: number, bytes: number] {
  const reply = bytesReplyOf({ kind: 'tensors', outputs: payload.inputs }, 'm', () => binary)
  const began = performance.now()
  const { bytes } = bytesPayloadOf(payload, binary)
  const { outputs } = tensorReplyOf(reply)
  const micros = (performance.now() - began) * 1000
  if (outputs[0]?.data.length !== length) throw new Error('the reply lost values')
  return [micros, bytes.byteLength]
}

function copy(values: Float32Array): number {
  const began = performance.now()
  const sent = Buffer.from(Uint8Array.from(Buffer.from(values.buffer)))
  const read = new Float32Array(sent.buffer, sent.byteOffset, length).slice()
  const micros = (performance.now() - began) * 1000
  if (read[1] !== values[1]) throw new Error('the copy lost values')
  return micros
}
