import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatRequest } from '../../../provider/contract.ts'
import type { Carriage } from '../../carriage.ts'

type ResponseSchema = NonNullable<ChatRequest['responseSchema']>

/**
 * The schema with the value of `strict` to write. OpenAI refuses a strict schema unless each object in it names all its
 * properties as required and allows no others. Such a schema is strict if nothing else was said. One that was asked to be
 * strict and cannot be is sent as a wish, and that is told.
 */
export function withStrict(asked: ResponseSchema, carriage: Carriage): ResponseSchema {
  const fits = asked.strict !== false && fitsStrict(asked.schema)
  if (asked.strict === true && !fits) {
    const why = 'an object in the schema has other properties than the required ones'
    carriage.approximate('responseSchema.strict', `false, because ${why}`)
  }
  return { ...asked, strict: fits }
}

function fitsStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(fitsStrict)
  if (!isRecord(schema)) return true
  const { type, properties, required, additionalProperties, items, anyOf } = schema
  const isObject =
    type === 'object' || (Array.isArray(type) && type.includes('object')) || isRecord(properties)
  if (isObject) {
    const named = Array.isArray(required) ? required : []
    const isClosed = Object.keys(valuesIn(properties)).every((name) => named.includes(name))
    if (additionalProperties !== false || !isClosed) return false
  }
  const inner = [valuesIn(properties), valuesIn(schema.$defs), valuesIn(schema.definitions)]
  return [...inner.flatMap((each) => Object.values(each)), items, anyOf].every(fitsStrict)
}

function valuesIn(value: unknown): JsonRecord {
  return isRecord(value) ? value : {}
}
