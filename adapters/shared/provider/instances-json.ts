import {
  inferRequestBody,
  ModelspineError,
  type Tensor,
  type TensorPayload,
  type TensorReply,
} from 'modelspine/adapter'

/**
 * The `instances` of the JSON of TensorFlow Serving and of many containers, which answer with `predictions`. The first
 * dimension of each tensor counts instances. Several tensors are members of each instance, by their names. Throws
 * `bad-request`, also for a value that JSON cannot say.
 */
export function instancesOf({ inputs }: Pick<TensorPayload, 'inputs'>): readonly unknown[] {
  const [first, ...others] = inputs
  if (first === undefined)
    throw new ModelspineError('bad-request', 'inputs is empty: give at least one tensor')
  // Refuses the same values, by the same names.
  inferRequestBody({ kind: 'tensors', inputs })
  const count = first.shape[0] ?? 1
  const odd = others.find(({ shape }) => (shape[0] ?? 1) !== count)
  if (odd !== undefined) {
    throw new ModelspineError(
      'bad-request',
      `inputs: "${first.name}" has ${count} instances, and "${odd.name}" has ${odd.shape[0] ?? 1}`,
    )
  }
  const rows = inputs.map((tensor) => [tensor.name, rowsOf(tensor)] as const)
  if (others.length === 0) return rowsOf(first)
  return Array.from({ length: count }, (_, place) =>
    Object.fromEntries(rows.map(([name, each]) => [name, each[place]])),
  )
}

/** The data as lists within lists, as the shape says. */
function rowsOf({ shape, data }: Tensor): readonly unknown[] {
  let rows: readonly unknown[] = data
  for (let place = shape.length - 1; place > 0; place -= 1) {
    const inner = rows
    const size = shape[place] ?? 1
    const length = shape.slice(0, place).reduce((product, each) => product * each, 1)
    rows = Array.from({ length }, (_, at) => inner.slice(at * size, (at + 1) * size))
  }
  return rows
}

/** One tensor `predictions`, or one for each member where predictions are objects. Throws `malformed-reply`. */
export function readPredictions(vendor: string, body: unknown): TensorReply {
  const malformed = malformedBy(vendor)
  const predictions = (body as { predictions?: unknown } | null)?.predictions
  if (!Array.isArray(predictions)) throw malformed('the reply has no list "predictions"')
  const names = memberNames(predictions)
  if (names === undefined)
    return { kind: 'tensors', outputs: [tensorOf('predictions', predictions, malformed)] }
  return {
    kind: 'tensors',
    outputs: names.map((name) =>
      tensorOf(
        name,
        predictions.map((each) => (each as Record<string, unknown>)[name]),
        malformed,
      ),
    ),
  }
}

function memberNames(predictions: readonly unknown[]): readonly string[] | undefined {
  const [first] = predictions
  return typeof first === 'object' && first !== null && !Array.isArray(first) ? Object.keys(first) : undefined
}

type Malformed = (why: string) => ModelspineError

function tensorOf(name: string, rows: readonly unknown[], malformed: Malformed): Tensor {
  const shape: number[] = []
  let data: readonly unknown[] = rows
  for (;;) {
    shape.push(shape.length === 0 ? data.length : lengthOfAll(name, data, malformed))
    if (shape.length > 1) data = data.flat()
    if (!data.some(Array.isArray)) break
  }
  return { name, datatype: datatypeOf(name, data, malformed), shape, data }
}

function lengthOfAll(name: string, lists: readonly unknown[], malformed: Malformed): number {
  const lengths = new Set(lists.map((each) => (Array.isArray(each) ? each.length : -1)))
  const [length = 0] = lengths
  if (lengths.size > 1 || length < 0) throw malformed(`${name} of the reply has lists of different lengths`)
  return length
}

const datatypes: Readonly<Record<string, string>> = { number: 'FP64', boolean: 'BOOL', string: 'BYTES' }

/** JSON does not tell the kinds of numbers apart. */
function datatypeOf(name: string, data: readonly unknown[], malformed: Malformed): string {
  const kinds = new Set(data.map((each) => typeof each))
  const [kind = 'number'] = kinds
  const datatype = datatypes[kind]
  if (kinds.size > 1 || datatype === undefined)
    throw malformed(`${name} of the reply has values of different types`)
  return datatype
}

function malformedBy(vendor: string): Malformed {
  return (why) => new ModelspineError('malformed-reply', `${vendor}: ${why}`)
}
