import { z } from 'zod'
import { modelDeploymentSchema } from './deployment/model-deployment-schema.ts'
import { type NameMark, nameMark, type PlaneNames } from './plane-names.ts'
import type { Resource } from './resource.ts'
import { modelRouteSchema } from './route/model-route-schema.ts'

/** A JSON Schema, draft 7: what editors' YAML support understands best. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * What may be written in a resource file, for editors and for checks in other languages. With a plane it also
 * knows the names of that plane: a registry, target, provider, policy, metric source or secret scheme that
 * the plane does not have is marked. It knows every field. Rules between fields (gates that steps name,
 * weights that only rise) are left to the loader.
 */
export function jsonSchema(plane?: { readonly names: PlaneNames }): JsonSchema {
  const names = plane?.names
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Modelspine resources',
    oneOf: [
      documentSchema('ModelDeployment', modelDeploymentSchema(), names),
      documentSchema('ModelRoute', modelRouteSchema(), names),
    ],
  }
}

/** In files `kind` is required, and `$schema` allowed. */
function documentSchema(
  kind: Resource['kind'],
  schema: z.ZodType,
  names: PlaneNames | undefined,
): JsonSchema {
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
      const mark = node[nameMark] as NameMark | undefined
      delete node[nameMark]
      if (mark !== undefined && names !== undefined) narrow(node, mark, names[mark.list])
    },
  })
  return {
    title: kind,
    ...rest,
    properties: { $schema: { type: 'string' }, ...properties, kind: { type: 'string', const: kind } },
    required: ['kind', ...(required ?? [])],
  }
}

/** Allows only the plane's own names. When the plane has none, no value is allowed. */
function narrow(node: z.core.JSONSchema.BaseSchema, { rest }: NameMark, known: readonly string[]): void {
  if (known.length === 0) {
    node.not = {}
  } else if (rest === undefined) {
    node.enum = [...new Set(known)]
  } else {
    node.pattern = `^(${known.map(escaped).join('|')})${rest}$`
  }
}

function escaped(name: string): string {
  return name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
