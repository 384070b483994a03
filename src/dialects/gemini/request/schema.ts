import { isRecord, type JsonRecord } from '../../../json.ts'
import { camelMembers } from '../gemini-fields.ts'

/** Bounds that Google writes as texts, because they are int64. */
const bounds: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
])

/**
 * JSON Schema for a schema of Google's own kind, a subset of OpenAPI 3.0: types in capitals, `nullable`, bounds as texts.
 * A schema that is JSON Schema already stays the same.
 */
export function jsonSchemaOf(schema: unknown): unknown {
  if (!isRecord(schema)) return schema
  const made: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(camelMembers(schema))) {
    if (name === 'nullable') continue
    if (name === 'example') made.examples = [value]
    else made[name] = memberOf(name, value)
  }
  return schema.nullable === true ? nullable(made) : made
}

function memberOf(name: string, value: unknown): unknown {
  switch (name) {
    case 'type':
      return typeof value === 'string' ? value.toLowerCase() : value
    case 'items':
    case 'additionalProperties':
      return jsonSchemaOf(value)
    case 'anyOf':
      return Array.isArray(value) ? value.map(jsonSchemaOf) : value
    case 'properties':
    case 'defs':
      return isRecord(value) ? schemasOf(value) : value
    default:
      return bounds.has(name) && typeof value === 'string' ? Number(value) : value
  }
}

function schemasOf(schemas: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(schemas).map(([name, each]) => [name, jsonSchemaOf(each)]))
}

function nullable(schema: Readonly<Record<string, unknown>>): JsonRecord {
  const { type, enum: words, ...rest } = schema
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  return { type: [type, 'null'], ...rest, ...(Array.isArray(words) && { enum: [...words, null] }) }
}
