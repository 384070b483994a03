import type { z } from 'zod'
import type { FieldPath } from './field-path.ts'

/** Every field name that a schema knows at a path, in all branches of a union. */
export function knownFields(schema: z.core.$ZodType, path: FieldPath): readonly string[] {
  let nodes = branches(schema)
  for (const step of path) nodes = nodes.flatMap((node) => children(node, step)).flatMap(branches)
  return [...new Set(nodes.flatMap((node) => ('shape' in node ? Object.keys(node.shape) : [])))]
}

type Definition = z.core.$ZodTypes['_zod']['def']

/** The definitions behind defaults and transforms, one for each way to write a value. */
function branches(schema: z.core.$ZodType): readonly Definition[] {
  const { def } = (schema as z.core.$ZodTypes)._zod
  if (def.type === 'union') return def.options.flatMap(branches)
  if (def.type === 'pipe') return branches(def.in)
  return 'innerType' in def ? branches(def.innerType) : [def]
}

function children(def: Definition, step: string | number): readonly z.core.$ZodType[] {
  if (def.type === 'object') {
    const child = def.shape[step]
    return child === undefined ? [] : [child]
  }
  if (def.type === 'array') return [def.element]
  return def.type === 'record' ? [def.valueType] : []
}
