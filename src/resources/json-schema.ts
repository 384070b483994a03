import { z } from 'zod'
import { modelDeploymentSchema } from './deployment/model-deployment-schema.ts'
import type { Resource } from './resource.ts'
import { modelRouteSchema } from './route/model-route-schema.ts'

/** A JSON Schema, draft 7: what editors' YAML support understands best. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * What may be written in a resource file, for editors and for checks in other languages. It knows every field; what
 * holds between fields (gates that steps name, weights that only rise) is left to the loader.
 */
export function jsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Modelspine resources',
    oneOf: [
      documentSchema('ModelDeployment', modelDeploymentSchema()),
      documentSchema('ModelRoute', modelRouteSchema()),
    ],
  }
}

/** In files `kind` is required, and `$schema` allowed. */
function documentSchema(kind: Resource['kind'], schema: z.ZodType): JsonSchema {
  const {
    $schema: _,
    properties,
    required,
    ...rest
  } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema: node }) => {
      if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum
    },
  })
  return {
    title: kind,
    ...rest,
    properties: { $schema: { type: 'string' }, ...properties, kind: { type: 'string', const: kind } },
    required: ['kind', ...(required ?? [])],
  }
}
