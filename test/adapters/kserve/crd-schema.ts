import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { parse } from 'yaml'

type Schema = Record<string, unknown>

/**
 * Checks an InferenceService with the schema that KServe publishes, closed: a member that it does not name is a
 * fault, as with the strict validation of a cluster.
 */
export function crdCheck(file: string): (body: unknown) => readonly string[] {
  const { spec } = parse(readFileSync(file, 'utf8')) as {
    spec: { versions: readonly { name: string; schema: { openAPIV3Schema: Schema } }[] }
  }
  const version = spec.versions.find(({ name }) => name === 'v1beta1')
  const schema = version?.schema.openAPIV3Schema ?? {}
  // The API server checks metadata by itself.
  const properties = { ...(schema.properties as Schema), metadata: metadataSchema }
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, code: { optimize: false } })
  return (body) => {
    const check = ajv.compile(closed({ ...schema, properties }, [body]))
    if (check(body)) return []
    return (check.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  }
}

const text = { type: 'string' }
const texts = { type: 'object', additionalProperties: text }
const metadataSchema = {
  type: 'object',
  required: ['name', 'namespace', 'labels', 'annotations'],
  additionalProperties: false,
  properties: {
    name: text,
    namespace: text,
    uid: text,
    resourceVersion: text,
    labels: texts,
    annotations: texts,
  },
}

/** The schema as far as it says something about the values. To compile the whole takes seconds. */
function closed(schema: Schema, values: readonly unknown[]): Schema {
  const { properties, items, additionalProperties, ...rest } = schema
  if (schema['x-kubernetes-int-or-string'] === true) return { type: ['integer', 'string'] }
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return rest
  const objects = values.filter((value): value is Schema => typeof value === 'object' && value !== null)
  return {
    ...rest,
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties as Record<string, Schema>).flatMap(([name, each]) => {
          const found = objects.flatMap((value) => (name in value ? [value[name]] : []))
          return found.length === 0 ? [] : [[name, closed(each, found)]]
        }),
      ),
      additionalProperties: false,
    }),
    ...(items !== undefined && { items: closed(items as Schema, values.filter(Array.isArray).flat()) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: closed(additionalProperties as Schema, objects.flatMap(Object.values)),
    }),
  }
}
