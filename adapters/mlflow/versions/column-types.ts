import type { Signature, TensorSpec } from 'modelspine/adapter'
import { z } from 'zod'

/** Types of columns, as MLflow names them. Columns of other types hold lists and objects, which are sent as JSON. */
const columnTypes: Readonly<Record<string, string>> = {
  boolean: 'BOOL',
  integer: 'INT32',
  long: 'INT64',
  float: 'FP32',
  double: 'FP64',
  string: 'BYTES',
  binary: 'BYTES',
  datetime: 'BYTES',
}

/** Types of tensors, as numpy names them. */
const tensorTypes: Readonly<Record<string, string>> = {
  bool: 'BOOL',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  object: 'BYTES',
}

const specs = z.array(
  z.looseObject({
    type: z.string(),
    name: z.union([z.string(), z.number()]).nullish(),
    'tensor-spec': z.looseObject({ dtype: z.string(), shape: z.array(z.int().min(-1)) }).nullish(),
  }),
)

/** The two lists of a signature, each as the JSON text that MLflow writes. */
export interface WrittenSignature {
  readonly inputs?: string | null | undefined
  readonly outputs?: string | null | undefined
}

/**
 * The same in the words of Open Inference. Names, types and shapes are those that MLServer's runtime for MLflow gives.
 * Undefined when a part has no place in Open Inference, because half a signature would mislead.
 */
export function signatureOf({ inputs, outputs }: WrittenSignature): Signature | undefined {
  const read = { inputs: tensorsOf(inputs, 'input'), outputs: tensorsOf(outputs, 'output') }
  if (read.inputs === undefined || read.outputs === undefined) return undefined
  return read.inputs.length + read.outputs.length === 0
    ? undefined
    : { inputs: read.inputs, outputs: read.outputs }
}

function tensorsOf(written: string | null | undefined, side: string): readonly TensorSpec[] | undefined {
  if (!written) return []
  const columns = readSpecs(written)
  if (columns === undefined) return undefined
  const tensors: TensorSpec[] = []
  for (const [place, { type, name, 'tensor-spec': tensor }] of columns.entries()) {
    const datatype = type === 'tensor' ? tensorType(tensor?.dtype) : (columnTypes[type] ?? 'BYTES')
    if (datatype === undefined) return undefined
    tensors.push({
      name: name == null || name === '' ? `${side}-${place}` : String(name),
      datatype,
      // A column has one value in each row.
      shape: type === 'tensor' ? (tensor?.shape ?? [-1]) : [-1, 1],
    })
  }
  return tensors
}

function readSpecs(written: string): z.infer<typeof specs> | undefined {
  try {
    return specs.parse(JSON.parse(written))
  } catch {
    return undefined
  }
}

/** Texts, bytes and times have lengths or units in their names: `<U7`, `|S3`, `datetime64[ns]`. */
function tensorType(dtype: string | undefined): string | undefined {
  if (dtype === undefined) return undefined
  return tensorTypes[dtype] ?? (/^([<>=|]?[US]\d*|str|bytes|datetime64)/.test(dtype) ? 'BYTES' : undefined)
}
