import { pixelCount } from '../digits.ts'
import { RequestError } from './request-error.ts'

/**
 * The largest value of each accepted datatype. It is scaled to 1, because models use grey values from 0 to 1.
 */
const white: Readonly<Record<string, number>> = { FP32: 1, UINT8: 255 }

/**
 * The images of an inference request: one tensor `image` of shape [n, 784], with its data flat or in rows.
 */
export function readImages(inputs: unknown): readonly Float32Array[] {
  if (!Array.isArray(inputs) || inputs.length !== 1) {
    throw new RequestError(400, "'inputs' must hold exactly one tensor, 'image'")
  }
  const { name, datatype, shape, data } = (inputs[0] ?? {}) as Record<string, unknown>
  if (name !== 'image') throw new RequestError(400, `no input ${show(name)}; this model takes 'image'`)
  const largest = typeof datatype === 'string' && Object.hasOwn(white, datatype) ? white[datatype] : undefined
  if (!largest)
    throw new RequestError(400, `datatype of 'image' must be FP32 or UINT8, not ${show(datatype)}`)
  const count = readCount(shape)
  const values = flatten(data)
  if (values.length !== count * pixelCount) {
    const wanted = `shape [${count}, ${pixelCount}] needs ${count * pixelCount} values`
    throw new RequestError(400, `${wanted}, 'data' holds ${values.length}`)
  }
  return Array.from({ length: count }, (_, image) =>
    Float32Array.from({ length: pixelCount }, (_, pixel) => {
      const value = values[image * pixelCount + pixel]
      if (isGrey(value, largest)) return value / largest
      throw new RequestError(
        400,
        `image ${image}, pixel ${pixel}: ${show(value)} is not a ${datatype} from 0 to ${largest}`,
      )
    }),
  )
}

function readCount(shape: unknown): number {
  const [count, pixels, ...more] = Array.isArray(shape) ? shape : []
  if (Number.isInteger(count) && count > 0 && pixels === pixelCount && more.length === 0) return count
  throw new RequestError(400, `shape of 'image' must be [n, ${pixelCount}], not ${show(shape)}`)
}

function flatten(data: unknown): readonly unknown[] {
  if (!Array.isArray(data))
    throw new RequestError(400, `'data' of 'image' must be an array, not ${show(data)}`)
  if (!Array.isArray(data[0])) return data
  if (data.every((row) => Array.isArray(row) && row.length === pixelCount)) return data.flat()
  throw new RequestError(400, `every row in 'data' must hold ${pixelCount} values`)
}

function isGrey(value: unknown, largest: number): value is number {
  return (
    typeof value === 'number' && value >= 0 && value <= largest && (largest === 1 || Number.isInteger(value))
  )
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60)
}
